"""What a model sees, against float64 numpy."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.point_clouds import views
from tests.float64_reference import assert_near
from tests.random_values import random_array

COUNT = 40


def in_unit_cube(points):
    points = points.astype("float64")
    points = points - points.mean(axis=0)
    return points / np.abs(points).max()


@pytest.mark.parametrize("count", [40, 3, 57, 400])
def test_evaluation_looks_at_the_unit_cube(count):
    points = random_array(count, 3).astype("float32") * 7 + 3
    view = views.evaluation_view(points, COUNT).numpy()
    places = np.arange(COUNT) * count // COUNT
    assert_near(view, in_unit_cube(points[places]), 1e-6)
    assert np.abs(view).max() == 1
    moved = views.evaluation_view(points * 9 - 5, COUNT).numpy()
    assert_near(moved, view, 1e-5)


def test_one_place_is_the_middle():
    view = views.evaluation_view(tf.ones((5, 3)), COUNT)
    assert not view.numpy().any()


def view_of(points, number, jitter=0.01):
    seed = tf.constant([7, number], tf.int64)
    return views.training_view(points, COUNT, seed, jitter).numpy()


def test_training_moves_each_point_by_a_factor_of_its_own():
    # Points on a circle, so that each has one place in the view.
    angles = 2 * np.pi * np.arange(COUNT) / COUNT
    points = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    points = points.astype("float32")
    view = view_of(points, 0, 0.2).astype("float64")
    # What the last step took away is found from the mean of the factors.
    directions = in_unit_cube(points)
    order = np.argsort(np.arctan2(*view[:, 1::-1].T))
    expected = np.argsort(np.arctan2(*directions[:, 1::-1].T))
    solved = np.linalg.lstsq(
        np.hstack([directions[expected], np.ones((COUNT, 1))]),
        view[order],
        rcond=None,
    )[0]
    factors = np.linalg.norm(view[order] - solved[-1], axis=1)
    factors = factors / factors.mean()
    assert 0.78 < factors.min() < 0.9
    assert 1.1 < factors.max() < 1.22
    assert 0.09 < factors.std() < 0.14  # 0.4 / sqrt(12), of 40 draws
    assert np.abs(view).max() == pytest.approx(1)
    assert np.abs(view.mean(axis=0)).max() < 1e-6


def test_without_jitter_a_whole_cloud_is_as_in_evaluation():
    points = random_array(COUNT, 3).astype("float32")
    view = view_of(points, 0, 0.0)
    expected = in_unit_cube(points)
    for row in view:
        assert np.abs(expected - row).max(axis=1).min() < 1e-5
    assert len(np.unique(view, axis=0)) == COUNT
    assert np.abs(view_of(points, 0) - view).max() < 0.03


def test_other_points_are_drawn_each_time():
    points = random_array(10 * COUNT, 3).astype("float32")
    same = [view_of(points, number, 0.0) for number in (4, 4)]
    np.testing.assert_array_equal(*same)
    other = view_of(points, 5, 0.0)
    assert np.abs(other - same[0]).max() > 0.1
    few = view_of(points[:7], 0, 0.0)
    assert few.shape == (COUNT, 3)
    assert len(np.unique(few.round(5), axis=0)) == 7
