"""GELU as a layer of its own."""

import pytest

from keras_perceiver.layers import Gelu
from tests.float64_reference import assert_near
from tests.float64_reference import gelu_exact
from tests.float64_reference import gelu_tanh
from tests.layer_checks import random_array


@pytest.mark.parametrize(
    ("approximate", "reference"), [(True, gelu_tanh), (False, gelu_exact)]
)
def test_each_form_is_itself(approximate, reference):
    inputs = 3 * random_array(4, 50)
    layer = Gelu(approximate)
    assert layer.get_config()["approximate"] == approximate
    assert_near(layer(inputs), reference(inputs.astype("float64")))
