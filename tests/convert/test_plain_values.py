"""Values that JSON keeps."""

import json

import keras
import numpy as np
import pytest

from keras_perceiver.convert.plain_values import plain
from keras_perceiver.convert.plain_values import with_tuples


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2.5, 2.5),
        ("text", "text"),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.arange(4).reshape(2, 2), [[0, 1], [2, 3]]),
        ((1, (2, [np.int32(3)])), [1, [2, [3]]]),
        ({"a": {"b": (1,)}}, {"a": {"b": [1]}}),
        (keras.dtype_policies.DTypePolicy("mixed_bfloat16"), "mixed_bfloat16"),
    ],
)
def test_what_means_the_same_is_kept(value, expected):
    found = plain(value, "it")
    assert found == expected
    assert type(found) is type(expected)
    assert json.loads(json.dumps(found)) == expected


def test_infinity_is_kept():
    assert json.loads(json.dumps(plain(float("-inf"), "it"))) == float("-inf")


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        {1: "a"},
        object(),
        print,
        keras.initializers.Zeros(),
        np.array([object()]),
        keras.dtype_policies.DTypePolicyMap(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_such_form_is_named(value):
    with pytest.raises(ValueError, match=r"^The thing (cannot|is a dtype)"):
        plain(value, "The thing")


def test_lists_become_tuples_at_any_depth():
    given = [1, [2, [3]], {"a": [4]}]
    assert with_tuples(given) == (1, (2, (3,)), {"a": (4,)})
