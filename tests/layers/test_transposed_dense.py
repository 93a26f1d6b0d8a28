"""A linear layer whose kernel is stored the other way round."""

import keras
import numpy as np
import pytest

from keras_perceiver.layers import TransposedDense
from keras_perceiver.layers.transposed_dense import inference_dense
from keras_perceiver.layers.transposed_dense import set_dense
from tests.float64_reference import assert_near
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

INPUTS = random_array(2, 3, 6)


def linear(weights, inputs):
    return inputs @ weights["kernel"].T + weights.get("bias", 0)


CASES = (
    LayerCase(
        "with_bias",
        TransposedDense,
        {"units": 5},
        {"inputs": INPUTS},
        {"kernel": (5, 6), "bias": (5,)},
        linear,
    ),
    LayerCase(
        "without_bias",
        TransposedDense,
        {"units": 4, "use_bias": False},
        {"inputs": INPUTS},
        {"kernel": (4, 6)},
        linear,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize(
    ("transposed", "kind"),
    [(False, keras.layers.Dense), (True, TransposedDense)],
)
def test_both_kinds_take_the_same_kernel(transposed, kind):
    dense = inference_dense(5, transposed)
    dense.build(INPUTS.shape)
    kernel, bias = random_array(6, 5), random_array(5)
    set_dense(dense, kernel, bias)
    assert type(dense) is kind
    assert_near(dense(INPUTS), INPUTS.astype("float64") @ kernel + bias)
    assert np.ptp(kernel) > 1
