"""Layer normalisation as the reference has it."""

import functools

import keras
import numpy as np
import pytest

from keras_perceiver.layers import LayerNorm
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import relative_error
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.random_values import random_array
from tests.random_values import weight_values

# Rows far from zero, and one that hardly varies, so that epsilon matters.
INPUTS = random_array(2, 3, 6) + np.float32(2)
INPUTS[1, 2] = 1e-3 * random_array(6, seed=1)


def reference(weights, inputs, epsilon=1e-5):
    return float64_reference.layer_norm(inputs, weights, epsilon)


CASES = (
    LayerCase(
        "default",
        LayerNorm,
        {},
        {"inputs": INPUTS},
        {"gamma": (6,), "beta": (6,)},
        reference,
    ),
    LayerCase(
        "epsilon",
        LayerNorm,
        {"epsilon": 1e-2},
        {"inputs": INPUTS},
        {"gamma": (6,), "beta": (6,)},
        functools.partial(reference, epsilon=1e-2),
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_the_epsilon_is_not_that_of_keras():
    layer = built(CASES[0])
    of_keras = keras.layers.LayerNormalization()
    of_keras.build(INPUTS.shape)
    of_keras.set_weights(layer.get_weights())
    assert relative_error(of_keras(INPUTS), layer(INPUTS)) > 1e-3


@pytest.mark.parametrize("shape", [(6,), (2, 3, 4, 6)])
def test_works_on_the_last_axis_of_any_rank(shape):
    layer = built(CASES[0])
    inputs = random_array(5, *shape)
    assert_near(layer(inputs), reference(weight_values(layer), inputs))
