"""A linear layer and GELU."""

from keras_perceiver.layers import GeluDense
from tests.float64_reference import gelu_exact
from tests.float64_reference import gelu_tanh
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

INPUTS = random_array(2, 3, 6)


def reference(gelu):
    def of(weights, inputs):
        rows = inputs @ weights["dense/kernel"] + weights["dense/bias"]
        return gelu(rows)

    return of


def by_outputs(weights, inputs):
    kernel = weights["dense/kernel"].T
    return reference(gelu_tanh)({**weights, "dense/kernel": kernel}, inputs)


WEIGHTS = {"dense/kernel": (6, 5), "dense/bias": (5,)}
CASES = (
    LayerCase(
        "tanh",
        GeluDense,
        {"units": 5, "gelu_approximate": True},
        {"inputs": INPUTS},
        WEIGHTS,
        reference(gelu_tanh),
    ),
    LayerCase(
        "exact",
        GeluDense,
        {"units": 5, "gelu_approximate": False},
        {"inputs": INPUTS},
        WEIGHTS,
        reference(gelu_exact),
    ),
    LayerCase(
        "transposed",
        GeluDense,
        {"units": 5, "transposed_kernel": True},
        {"inputs": INPUTS},
        {**WEIGHTS, "dense/kernel": (5, 6)},
        by_outputs,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)
