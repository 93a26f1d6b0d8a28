"""A trainable offset for logits."""

import numpy as np

from keras_perceiver.layers import Bias
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

INPUTS = random_array(2, 3, 6)

CASES = (
    LayerCase(
        "bias",
        Bias,
        {},
        {"inputs": INPUTS},
        {"bias": (6,)},
        lambda weights, inputs: inputs + weights["bias"],
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_is_zero_at_first():
    np.testing.assert_array_equal(Bias()(INPUTS), INPUTS)


def test_adds_to_the_last_axis_of_any_rank():
    layer = Bias()
    layer.build((None, 3))
    layer.bias.assign([1, 2, 3])
    for shape in [(1, 3), (1, 2, 1, 3)]:
        expected = np.broadcast_to([1, 2, 3], shape)
        np.testing.assert_array_equal(layer(np.zeros(shape)), expected)
