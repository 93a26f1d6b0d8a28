"""Which part of an image a view of training shows."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data import images
from keras_perceiver.data.image_augmentation.crops import TrainingViews
from keras_perceiver.data.image_augmentation.crops import crop_region
from tests.data.image_augmentation.kinds_of_views import PLAIN
from tests.data.image_augmentation.kinds_of_views import PUBLISHED
from tests.data.image_augmentation.kinds_of_views import SHAPE


def regions(size, views, count=1000):
    """Tops, lefts, heights and widths, one row for each number."""
    dataset = tf.data.Dataset.range(count).map(
        lambda number: crop_region(
            tf.constant(size),
            tf.stack([tf.constant(3, tf.int64), number]),
            SHAPE[:2],
            views,
        )
    )
    return np.stack(list(dataset.as_numpy_iterator()))


def test_crops_are_inceptions():
    size = (300, 400)
    top, left, height, width = regions(size, PUBLISHED).T
    assert (top >= 0).all()
    assert (left >= 0).all()
    assert (top + height <= size[0]).all()
    assert (left + width <= size[1]).all()
    shares = height * width / np.prod(size)
    # A tenth is covered at least, but for rounding to pixels.
    assert 0.098 < shares.min() < 0.12
    assert shares.max() > 0.9
    aspects = width / height
    assert 0.74 < aspects.min() < 0.78
    assert 1.3 < aspects.max() < 1.35
    # All places that leave the crop inside are as likely.
    for start, free in ((top, size[0] - height), (left, size[1] - width)):
        has_room = free > 20
        place = start[has_room] / free[has_room]
        assert abs(place.mean() - 0.5) < 0.06
        assert abs(place.std() - np.sqrt(1 / 12)) < 0.03


def test_crops_are_as_large_and_as_square_as_is_asked():
    views = TrainingViews(smallest_area=0.5, largest_aspect=1.0)
    _, _, height, width = regions((300, 300), views).T
    assert (height * width).min() >= 0.49 * 300**2
    assert abs(width - height).max() <= 1


def test_all_of_the_image_is_taken_where_that_is_asked():
    for size in ((30, 40), (1, 1), (1, 100), (100, 1)):
        found = regions(size, PLAIN, 3)
        np.testing.assert_array_equal(found, [[0, 0, *size]] * 3)


@pytest.mark.parametrize("size", [(20, 2000), (2000, 20), (1, 50), (50, 1)])
def test_of_very_long_images_the_evaluations_part_may_be_taken(size):
    expected = images.evaluation_region(tf.constant(size), *SHAPE[:2])
    found = regions(size, PUBLISHED, 200)
    assert (found == expected.numpy()).all(1).any()
    assert not (found == [0, 0, *size]).all(1).any()
    assert (found[:, 2:] > 0).all()


def test_a_small_image_may_be_seen_whole():
    found = regions((4, 4), PUBLISHED, 300)
    assert (found == [0, 0, 4, 4]).all(1).any()
