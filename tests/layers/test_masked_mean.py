"""The mean of the rows that hold something."""

import keras
import numpy as np

from keras_perceiver.layers import MaskedMean
from tests.float64_reference import assert_near
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

INPUTS = random_array(3, 4, 5)
MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]], "bool")


def mean(weights, inputs, input_mask):
    return np.array(
        [
            rows[valid].mean(0) if valid.any() else np.zeros(rows.shape[1])
            for rows, valid in zip(inputs, input_mask, strict=True)
        ]
    )


CASES = (
    LayerCase(
        "mean",
        MaskedMean,
        {},
        {"inputs": INPUTS, "input_mask": MASK},
        {},
        mean,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_invalid_rows_have_no_influence():
    garbage = np.where(MASK[..., None], INPUTS, np.nan)
    np.testing.assert_array_equal(
        MaskedMean()(garbage, MASK), MaskedMean()(INPUTS, MASK)
    )


def test_the_mean_over_nothing_is_zero():
    output = MaskedMean()(INPUTS, MASK)
    np.testing.assert_array_equal(output[1], np.zeros(5))


def test_bfloat16_counts_past_256():
    """It has no 257, and a count of ones would stop at 256."""
    layer = MaskedMean(dtype="bfloat16")
    output = layer(np.ones((1, 600, 1)), np.ones((1, 600), "bool"))
    assert output.dtype == "bfloat16"
    assert_near(keras.ops.cast(output, "float32"), [[1.0]], 1e-6)
