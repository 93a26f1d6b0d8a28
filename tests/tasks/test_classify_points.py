"""Classifying points, against the model asked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.tasks import ClassifyPoints
from tests.float64_reference import assert_near
from tests.random_values import random_array
from tests.tiny_tasks import tiny_points


@pytest.fixture(scope="module")
def task():
    return ClassifyPoints(tiny_points(), ["bed", "cup", "jar", "fan"], 4)


def probabilities_by_hand(model, points):
    points = points.astype("float64")
    points = points[np.lexsort(points.T[::-1])]
    points = points[np.arange(12) * len(points) // 12]
    points = points - points.mean(axis=0)
    points = points / np.abs(points).max()
    logits = np.array(model(points[None].astype("float32")), "float64")[0]
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


@pytest.mark.parametrize("count", [12, 1, 5, 23, 24, 100])
def test_any_number_of_points_is_classified(task, count):
    points = random_array(count, 3) if count > 1 else np.array([[1.0, 2, 3]])
    found = task(points)
    if count == 1:
        expected = task(np.zeros((12, 3))).probabilities
    else:
        shares = probabilities_by_hand(task.model, points)
        expected = np.sort(shares)[::-1]
        best = np.argmax(shares)
        assert found.label == ["bed", "cup", "jar", "fan"][best]
    assert_near(found.probabilities, expected, 1e-4)


def test_place_and_unit_do_not_matter(task):
    points = random_array(30, 3)
    expected = task(points).probabilities
    for same in (points * 50, points + 7, points / 9 - 0.5):
        assert_near(task(same).probabilities, expected, 1e-4)
    other = task(points * [1, 5, 1]).probabilities
    assert np.abs(np.subtract(other, expected)).max() > 1e-3


@pytest.mark.parametrize("count", [5, 12, 100])
def test_the_order_of_points_does_not_matter(task, count):
    points = random_array(count, 3).astype("float32")
    # Some in one plane, and one twice.
    points[: count // 2, 0] = points[0, 0]
    points[1] = points[0]
    expected = task(points)
    rng = np.random.default_rng(count)
    for _ in range(3):
        assert task(rng.permutation(points)) == expected


def test_the_model_itself_reads_a_set(task):
    points = random_array(12, 3)
    clouds = np.stack([points, points[::-1], np.roll(points, 5, axis=0)])
    logits = np.array(task.model(clouds.astype("float32")))
    assert_near(logits[1], logits[0], 1e-5)
    assert_near(logits[2], logits[0], 1e-5)
    assert logits.std() > 1e-3


def test_clouds_come_alone_and_in_lists(task):
    clouds = [random_array(count, 3) for count in (9, 12, 40)]
    found = task(clouds)
    for cloud, prediction in zip(clouds, found, strict=True):
        assert task(cloud) == prediction
    assert len(task(np.zeros((2, 7, 3)))) == 2
    assert task([]) == []


def test_served_clouds_may_have_any_length(task):
    for count in (1, 12, 50):
        served = task.serve(tf.ones((2, count, 3)))
        assert served["probabilities"].shape == (2, 4)
        assert np.isfinite(served["probabilities"]).all()


def test_numbers_that_are_none_spoil_no_other_cloud(task):
    cloud = random_array(20, 3)
    points = np.stack([cloud] * 3)
    # The last point alone is not among the twelve that the model sees.
    points[1, -1, 2] = np.nan
    points[2] = np.float32(3e38) * np.sign(cloud)
    served = task.serve(tf.constant(points, tf.float32))
    assert_near(served["probabilities"][0], task(cloud).probabilities)
    assert not served["probabilities"].numpy()[1:].any()
    assert (served["label_bytes"].numpy()[1:] == b"").all()
    problems = served["problem_bytes"].numpy()
    assert problems[0] == b""
    assert problems[1].startswith(b"the points: NaN or infinity in 1 of 60 ")
    assert problems[2].startswith(b"the numbers are too large: the model's")


def test_clouds_without_points_are_told(task):
    served = task.serve(tf.zeros((2, 0, 3)))
    said = b"the cloud has 0 points. Give at least one."
    assert served["problem_bytes"].numpy().tolist() == [said, said]
    assert not served["probabilities"].numpy().any()


def test_the_example_shows_a_problem(task):
    problems = task.serve(**task.example_request())["problem_bytes"].numpy()
    assert [bool(problem) for problem in problems] == [False, False, True]


@pytest.mark.parametrize(
    "points",
    [np.zeros((0, 3)), np.zeros((5, 2)), np.zeros(3), np.full((4, 3), np.nan)],
)
def test_what_is_no_cloud_is_told(task, points):
    with pytest.raises(ValueError, match=r"^Cloud 2 of 2: wanted: an array \("):
        task([np.ones((4, 3)), points])
