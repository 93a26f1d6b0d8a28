"""The two-layer network behind every attention."""

import functools

import numpy as np
import pytest

from keras_perceiver.layers import MLP
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import relative_error
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.random_values import random_array
from tests.random_values import weight_values

INPUTS = random_array(2, 3, 6)


def reference(weights, inputs, gelu=float64_reference.gelu_tanh):
    return float64_reference.mlp(inputs, weights, gelu)


CASES = (
    LayerCase(
        "tanh",
        MLP,
        {"widening_factor": 4},
        {"inputs": INPUTS},
        {
            "hidden/kernel": (6, 24),
            "hidden/bias": (24,),
            "output/kernel": (24, 6),
            "output/bias": (6,),
        },
        reference,
    ),
    LayerCase(
        "exact",
        MLP,
        {"gelu_approximate": False},
        {"inputs": INPUTS},
        {
            "hidden/kernel": (6, 6),
            "hidden/bias": (6,),
            "output/kernel": (6, 6),
            "output/bias": (6,),
        },
        functools.partial(reference, gelu=float64_reference.gelu_exact),
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_tanh_is_the_default_and_differs_from_exact():
    layer = built(CASES[1], gelu_approximate=True)
    assert_near(layer(INPUTS), reference(weight_values(layer), INPUTS), 1e-6)
    assert MLP().gelu_approximate is True
    # Far above the tolerance of the checks, so that they tell them apart.
    assert relative_error(layer(INPUTS), built(CASES[1])(INPUTS)) > 1e-4


@pytest.mark.parametrize("shape", [(6,), (2, 3, 4, 6)])
def test_works_on_the_last_axis_of_any_rank(shape):
    layer = built(CASES[0])
    inputs = random_array(5, *shape)
    expected = reference(weight_values(layer), inputs)
    assert_near(layer(inputs), expected)
    assert np.shape(layer(inputs)) == inputs.shape
