"""Layer normalisation without weights."""

import numpy as np

from keras_perceiver.layers import Standardize
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.layer_checks import random_array


def standardized(weights, inputs):
    centred = inputs - inputs.mean(-1, keepdims=True)
    return centred / np.sqrt(inputs.var(-1, keepdims=True) + 0.01) + 1


CASES = (
    LayerCase(
        "offset",
        Standardize,
        {"epsilon": 0.01, "offset": 1.0},
        {"inputs": random_array(2, 3, 8)},
        {},
        standardized,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)
