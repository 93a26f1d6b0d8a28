"""Latents, learned positions and learned queries."""

import keras
import numpy as np
import pytest

from keras_perceiver.layers import LearnedArray
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.random_values import random_array

INPUTS = random_array(2, 3)
INDICES = np.array([[4, 0, 4], [1, 2, 3]], "int32")


def rows(weights, inputs, indices=slice(None)):
    taken = weights["array"][indices]
    return taken if taken.ndim == 3 else taken[None]


CASES = (
    LayerCase(
        "whole",
        LearnedArray,
        {"length": 5, "channels": 4},
        {"inputs": INPUTS},
        {"array": (5, 4)},
        rows,
    ),
    LayerCase(
        "rows_by_indices",
        LearnedArray,
        {"length": 5, "channels": 4},
        {"inputs": INPUTS, "indices": INDICES},
        {"array": (5, 4)},
        rows,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_gives_one_row_of_batch_whatever_the_inputs():
    layer = built(CASES[0])
    array = keras.ops.convert_to_numpy(layer.array)[None]
    for inputs in (INPUTS, np.zeros((7, 2, 9)), np.zeros((0, 1), "int32")):
        np.testing.assert_array_equal(layer(inputs), array)


def test_takes_rows_by_indices():
    layer = built(CASES[0])
    array = keras.ops.convert_to_numpy(layer.array)
    taken = np.array(layer(INPUTS, indices=INDICES))
    for row, index in np.ndenumerate(INDICES):
        np.testing.assert_array_equal(taken[row], array[index])


def test_all_indices_give_the_whole():
    layer = built(CASES[0])
    np.testing.assert_array_equal(
        layer(INPUTS, indices=np.arange(5)[None]), layer(INPUTS)
    )


def test_starts_as_the_reference_does():
    array = np.array(LearnedArray(500, 40)(INPUTS))
    # A normal of 0.02 cut at twice that, not corrected for the cut.
    assert array.std() == pytest.approx(0.0176, rel=0.02)
    assert 0.039 < np.abs(array).max() <= 0.04
    assert abs(array.mean()) < 1e-3


@pytest.mark.parametrize(
    "initializer", ["ones", keras.initializers.RandomUniform(2, 3, seed=4)]
)
def test_takes_another_start_and_keeps_it_in_its_config(initializer):
    layer = LearnedArray(5, 4, initializer)
    expected = keras.initializers.get(initializer)((5, 4))
    np.testing.assert_array_equal(layer(INPUTS)[0], expected)
    copy = LearnedArray.from_config(layer.get_config())
    np.testing.assert_array_equal(copy(INPUTS)[0], expected)


def test_two_arrays_start_differently():
    first, second = LearnedArray(5, 4)(INPUTS), LearnedArray(5, 4)(INPUTS)
    assert np.abs(first - second).max() > 0.01
