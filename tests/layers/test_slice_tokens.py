"""Taking joined sequences apart again."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.layers import SliceTokens
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

JOINED = random_array(2, 7, 3)
FIRST, SECOND = np.zeros((2, 4, 5), "float32"), np.zeros((2, 2), "float32")


def rows(weights, inputs, like, behind=None):
    start = 0 if behind is None else behind.shape[1]
    return inputs[:, range(start, start + like.shape[1])]


CASES = (
    LayerCase(
        "first",
        SliceTokens,
        {},
        {"inputs": JOINED, "like": FIRST},
        {},
        rows,
    ),
    LayerCase(
        "second",
        SliceTokens,
        {},
        {"inputs": JOINED, "like": SECOND, "behind": FIRST},
        {},
        rows,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("lengths", [(2, 5), (0, 3), (4, 0)])
def test_takes_apart_what_was_joined(lengths, jit_compile):
    """With lengths that a graph does not know beforehand."""
    layer = SliceTokens()
    spec = tf.TensorSpec((None, None, 3))

    @tf.function(input_signature=[spec, spec], jit_compile=jit_compile)
    def apart(first, second):
        joined = tf.concat([first, second], axis=1)
        return layer(joined, first), layer(joined, second, first)

    parts = [random_array(2, length, 3) for length in lengths]
    for slice_, part in zip(apart(*parts), parts, strict=True):
        np.testing.assert_array_equal(slice_, part)
