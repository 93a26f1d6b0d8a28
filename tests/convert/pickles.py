"""Pickled weights for tests, and what is said of a file."""

import pickle
import re

import numpy as np
import pytest

from keras_perceiver.convert.restricted_pickle import read_deepmind_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
PARAMS = {
    "encoder/~/linear": {
        "w": np.arange(6, dtype="float32").reshape(2, 3),
        "b": np.float32(3) * np.ones(3, "float32"),
    },
    "norm": {"scale": np.ones((1, 1, 1, 2), "float32")},
}


def written(path, content):
    """A file with the content, or what it pickles to."""
    if not isinstance(content, bytes):
        content = pickle.dumps(content)
    path.write_bytes(content)
    return path


def refusal(path, content, **options):
    """What is said of a file; the message always names it."""
    written(path, content)
    with pytest.raises(ValueError, match=re.escape(str(path))) as error:
        read_deepmind_pickle(path, **options)
    return str(error.value)
