"""What is said of checkpoints that do not fit."""

import re

import pytest

from keras_perceiver.convert import load_checkpoint
from tests.convert.checkpoints import assert_same_values
from tests.convert.checkpoints import values_of


def refused(model, source, **options):
    """What is said of a checkpoint; the model keeps all its weights."""
    before = values_of(model)
    with pytest.raises(ValueError, match=re.escape(str(source))) as error:
        load_checkpoint(model, source, **options)
    assert_same_values(model, before)
    return str(error.value)
