"""Optical flow at full resolution from coarse features."""

import functools

import keras
import numpy as np
import pytest

from keras_perceiver.layers import RaftUpsampling
from tests.float64_reference import assert_near
from tests.float64_reference import raft_upsampling
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.layer_checks import float_tensors
from tests.layer_checks import gradients_of
from tests.random_values import random_array


def raft_case(name, factor, hidden, *shape):
    channels, fine = shape[-1], 9 * factor**2
    return LayerCase(
        name,
        RaftUpsampling,
        {"factor": factor, "hidden_channels": hidden},
        {"features": random_array(*shape)},
        {
            "flow/kernel": (channels, 2),
            "flow/bias": (2,),
            "hidden/kernel": (channels, hidden),
            "hidden/bias": (hidden,),
            "scores/kernel": (hidden, fine),
            "scores/bias": (fine,),
        },
        functools.partial(raft_upsampling, factor=factor),
    )


CASES = (
    raft_case("four", 4, 6, 2, 3, 2, 5),
    raft_case("two", 2, 4, 2, 1, 4, 3),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def picking(neighbor):
    """A layer whose every pixel takes one neighbour's flow alone."""
    layer = RaftUpsampling(2, 3)
    layer(random_array(1, 3, 4, 2))
    scores = np.zeros((4, 9))
    scores[:, neighbor] = 1e3
    layer.scores_dense.kernel.assign(np.zeros((3, 36)))
    layer.scores_dense.bias.assign(scores.ravel())
    layer.flow_dense.kernel.assign(np.eye(2))
    return layer


def test_lengths_become_lengths_in_fine_pixels():
    """Taking the middle alone, it repeats `factor` times the coarse flow."""
    coarse = random_array(1, 3, 4, 2)
    expected = 2 * coarse.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(picking(4)(coarse), expected, rtol=1e-6)


def test_neighbours_run_row_by_row_and_end_at_the_border():
    coarse = random_array(1, 3, 4, 2)
    padded = np.pad(coarse, [(0, 0), (1, 1), (1, 1), (0, 0)])
    for neighbor, (row, column) in enumerate(np.ndindex(3, 3)):
        around = padded[:, row : row + 3, column : column + 4]
        expected = 2 * around.repeat(2, axis=1).repeat(2, axis=2)
        np.testing.assert_allclose(
            picking(neighbor)(coarse), expected, rtol=1e-6
        )


def test_never_leaves_the_range_of_its_neighbours():
    """A weighted mean: no weights can make up a motion of their own."""
    layer = built(CASES[0])
    features = 3 * CASES[0].inputs["features"]
    coarse = 4 * np.array(layer.flow_dense(features))
    padded = np.pad(coarse, [(0, 0), (1, 1), (1, 1), (0, 0)])
    fine = np.array(layer(features))
    for row, column in np.ndindex(3, 2):
        around = padded[:, row : row + 3, column : column + 3]
        inside = fine[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        assert (inside >= around.min((1, 2), keepdims=True) - 1e-5).all()
        assert (inside <= around.max((1, 2), keepdims=True) + 1e-5).all()


def test_starts_at_zero_and_learns_all_the_same():
    layer = RaftUpsampling(4, 6)
    features = CASES[0].inputs["features"]
    np.testing.assert_array_equal(layer(features), np.zeros((2, 12, 8, 2)))
    optimizer = keras.optimizers.SGD(0.1)
    moved = []
    for _ in range(2):
        _, gradients = gradients_of(layer, float_tensors(CASES[0], "float32"))
        gradients.pop("features")
        moved.append(
            {path for path in gradients if gradients[path].numpy().any()}
        )
        optimizer.apply(list(gradients.values()), layer.trainable_variables)
    # What is zero hides the rest for one step, and for one alone.
    assert moved == [{"flow/kernel", "flow/bias"}, set(CASES[0].weights)]
    assert np.array(layer(features)).any()


def test_sequences_are_named():
    with pytest.raises(ValueError, match=r"shape \(2, 12, 5\)") as error:
        RaftUpsampling(name="upsampling")(random_array(2, 12, 5))
    assert "upsampling" in str(error.value)
    assert "reshaped to its grid" in str(error.value)


def test_a_batch_of_any_size_and_grid():
    features = random_array(3, 2, 5, 5)
    layer = built(CASES[0])
    whole = layer(features)
    assert whole.shape == (3, 8, 20, 2)
    assert_near(layer(features[1:2]), whole[1:2], 1e-6)
    assert layer(features[:0]).shape == (0, 8, 20, 2)
    assert layer(keras.Input((None, None, 5))).shape == (None, None, None, 2)
