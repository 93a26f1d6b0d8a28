"""Making rows that hold nothing zero."""

import keras
import numpy as np
import pytest

from keras_perceiver.layers import MaskRows
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

INPUTS = random_array(3, 4, 5)
MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]], "bool")


def masked(weights, inputs, input_mask):
    rows = inputs.copy()
    rows[~input_mask] = 0
    return rows


CASES = (
    LayerCase(
        "rows",
        MaskRows,
        {},
        {"inputs": INPUTS, "input_mask": MASK},
        {},
        masked,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("garbage", [np.nan, np.inf, -1e30])
def test_nothing_is_left_of_what_stood_there(garbage):
    inputs = np.where(MASK[..., None], INPUTS, garbage)
    outputs = MaskRows()(inputs, MASK)
    np.testing.assert_array_equal(outputs, masked({}, INPUTS, MASK))


def test_what_is_dropped_leaves_the_gradient_whole():
    tf = pytest.importorskip("tensorflow")
    inputs = tf.constant(np.where(MASK[..., None], INPUTS, np.nan))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(MaskRows()(inputs, MASK) ** 2)
    expected = masked({}, 2 * INPUTS, MASK)
    np.testing.assert_allclose(tape.gradient(total, inputs), expected)


def test_masks_of_numbers_count_as_booleans():
    for dtype in ("int32", "float32"):
        np.testing.assert_array_equal(
            MaskRows()(INPUTS, keras.ops.cast(MASK, dtype)),
            masked({}, INPUTS, MASK),
        )
