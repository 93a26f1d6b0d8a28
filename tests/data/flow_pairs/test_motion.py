"""Motions of layers, against float64 numpy."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.flow_pairs import motion

SIZE = (20, 30)


@pytest.fixture(scope="module")
def moves():
    """Motions of 3 scenes of 2 layers, and 50 points."""
    rng = np.random.default_rng(0)
    draws = rng.random((3, 2, motion.NUM_DRAWS), "float32")
    centre = rng.uniform(-8, 8, (3, 2, 2)).astype("float32")
    warp = motion.STEEPEST_WARP / motion.steepness(SIZE, 1.0)
    moves = motion.draw_motion(draws, centre, SIZE, 5.0, 0.2, warp)
    points = rng.uniform(-10, 10, (2, 3, 2, 50)).astype("float32")
    return moves, points


def by_hand(moves, x, y, time):
    """`H(x + t d(x))` in float64, point by point."""
    x, y = x.astype("float64"), y.astype("float64")
    waves = moves.waves.numpy().astype("float64")
    out = np.empty((2, *x.shape))
    for scene, layer, point in np.ndindex(x.shape):
        place = np.array([x[scene, layer, point], y[scene, layer, point], 1])
        warped = place.copy()
        for wave in waves[scene, layer]:
            height = np.sin(wave[2:4] @ place[:2] + wave[4])
            warped[:2] += time * wave[:2] * height
        homography = moves.homography.numpy()[scene, layer].astype("float64")
        matrix = (1 - time) * np.eye(3) + time * homography
        moved = matrix @ warped
        out[:, scene, layer, point] = moved[:2] / moved[2]
    return out


@pytest.mark.parametrize("time", [0.0, 0.5, 1.0])
def test_points_move_by_a_homography_behind_a_warp(moves, time):
    motions, (x, y) = moves
    ours = np.stack(motions.forward(x, y, time))
    np.testing.assert_allclose(ours, by_hand(motions, x, y, time), atol=2e-5)


@pytest.mark.parametrize("time", [-0.4, 0.0, 1.0, 1.4])
def test_backward_undoes_forward(moves, time):
    motions, (x, y) = moves
    back = motions.backward(*motions.forward(x, y, time), time)
    np.testing.assert_allclose(np.stack(back), np.stack([x, y]), atol=0.02)


def test_nothing_moves_at_time_zero(moves):
    motions, (x, y) = moves
    np.testing.assert_allclose(motions.forward(x, y, 0.0)[0], x, atol=1e-6)


def test_translation_is_as_long_as_drawn():
    draws = np.full((1, 1, motion.NUM_DRAWS), 0.5, "float32")
    draws[..., 0], draws[..., 1] = 0.7, 0.25
    moved = motion.draw_motion(
        draws, np.zeros((1, 1, 2), "float32"), SIZE, 10.0, 0.2, 0.0
    )
    point = tf.constant([[[3.0]]]), tf.constant([[[4.0]]])
    x, y = moved.forward(*point, 1.0)
    np.testing.assert_allclose([x.numpy().item(), y.numpy().item()], [3, 11])
