"""GELU as a layer of its own."""

from keras_perceiver.layers import Gelu
from tests.float64_reference import gelu_exact
from tests.float64_reference import gelu_tanh
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.layer_checks import random_array

INPUTS = 3 * random_array(4, 50)
CASES = (
    LayerCase(
        "tanh",
        Gelu,
        {"approximate": True},
        {"inputs": INPUTS},
        {},
        lambda weights, inputs: gelu_tanh(inputs),
    ),
    LayerCase(
        "exact",
        Gelu,
        {"approximate": False},
        {"inputs": INPUTS},
        {},
        lambda weights, inputs: gelu_exact(inputs),
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)
