"""Layer normalisation without weights."""

from keras_perceiver.layers import Standardize
from tests.float64_reference import standardized
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

CASES = (
    LayerCase(
        "offset",
        Standardize,
        {"epsilon": 0.01, "offset": 1.0},
        {"inputs": random_array(2, 3, 8)},
        {},
        lambda weights, inputs: standardized(inputs, 0.01) + 1,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)
