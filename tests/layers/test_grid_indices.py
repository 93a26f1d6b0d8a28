"""The flat indices of a whole grid."""

import math

import keras
import numpy as np
import pytest

from keras_perceiver.layers import GridIndices
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

CASES = (
    LayerCase(
        "grid",
        GridIndices,
        {"grid_shape": (2, 3)},
        {"inputs": random_array(2, 5)},
        {},
        lambda weights, inputs: np.arange(6)[None],
        output_dtype="int32",
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("grid_shape", [(1,), (7,), (2, 3), (2, 3, 4)])
def test_runs_through_the_grid_row_by_row(grid_shape):
    indices = np.array(GridIndices(grid_shape)(np.zeros((3, 1))))
    assert indices.shape == (1, math.prod(grid_shape))
    assert indices.dtype == "int32"
    coordinates = np.unravel_index(indices[0], grid_shape)
    np.testing.assert_array_equal(
        np.stack(coordinates),
        np.indices(grid_shape).reshape(len(grid_shape), -1),
    )


def test_stays_an_int_beyond_what_half_precision_counts():
    layer = GridIndices((3000,), dtype="bfloat16")
    np.testing.assert_array_equal(layer(np.zeros((1, 1)))[0], np.arange(3000))


def test_its_symbolic_output_has_a_known_length():
    inputs = keras.Input((8,))
    assert GridIndices([4, 5])(inputs).shape == (1, 20)
