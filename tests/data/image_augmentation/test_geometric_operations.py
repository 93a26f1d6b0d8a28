"""Operations on the places of pixels, against Pillow's.

Where strengths are sums of a few powers of two, both are exact, and so is the
comparison. Otherwise Pillow counts in steps of 1/65536 of a pixel, and pixels
may differ that come from within 1/256 of the border between two.
"""

import math

import numpy as np
import PIL.Image
import PIL.ImageDraw
import pytest
import tensorflow as tf

from keras_perceiver.data.image_augmentation import geometric_operations
from tests.image_samples import noise

IMAGE = noise(60, 83)
SMALL = {"one pixel": noise(1, 1), "row": noise(1, 9), "column": noise(9, 1)}
GREY = (128, 128, 128)


def by_pillow(pixels, matrix):
    """Pillow's transform by a matrix that speaks of middles of pixels."""
    a, b, c, d, e, f = matrix
    # Pillow's coordinates are half a pixel larger.
    c, f = c + 0.5 - (a + b) / 2, f + 0.5 - (d + e) / 2
    image = PIL.Image.fromarray(pixels)
    image = image.transform(
        image.size,
        PIL.Image.Transform.AFFINE,
        (a, b, c, d, e, f),
        PIL.Image.Resampling.NEAREST,
        fillcolor=GREY,
    )
    return np.array(image)


def origin(pixels, matrix):
    """Column and row that each pixel comes from, float64 `(2, H, W)`."""
    rows, columns = np.indices(pixels.shape[:2])
    a, b, c, d, e, f = matrix
    return np.stack([a * columns + b * rows + c, d * columns + e * rows + f])


def assert_as_pillow(found, pixels, matrix):
    expected = by_pillow(pixels, matrix)
    to_border = np.abs((origin(pixels, matrix) % 1) - 0.5)
    is_clear = to_border.min(0) > 1 / 256
    assert is_clear.mean() > 0.75
    np.testing.assert_array_equal(found.numpy()[is_clear], expected[is_clear])


def rotation(pixels, degrees):
    middle_row, middle_column = (np.array(pixels.shape[:2]) - 1) / 2
    cosine = math.cos(math.radians(degrees))
    sine = math.sin(math.radians(degrees))
    return (
        cosine,
        -sine,
        middle_column - cosine * middle_column + sine * middle_row,
        sine,
        cosine,
        middle_row - sine * middle_column - cosine * middle_row,
    )


@pytest.mark.parametrize("degrees", [15.0, -15.0, 30.0, -3.0, 7.5])
def test_rotate_is_pillows(degrees):
    found = geometric_operations.rotate(IMAGE, degrees)
    assert_as_pillow(found, IMAGE, rotation(IMAGE, degrees))


@pytest.mark.parametrize("degrees", [0.0, 15.0, -30.0])
def test_rotate_turns_the_way_that_pillows_method_turns(degrees):
    image = PIL.Image.fromarray(IMAGE)
    expected = np.array(image.rotate(degrees, fillcolor=GREY))
    found = geometric_operations.rotate(IMAGE, degrees).numpy()
    assert (found == expected).all(-1).mean() > 0.995


@pytest.mark.parametrize("strength", [0.0, 0.25, -0.125, 0.3125, 1.0, -2.0])
def test_shears_are_exactly_pillows(strength):
    np.testing.assert_array_equal(
        geometric_operations.shear_x(IMAGE, strength),
        by_pillow(IMAGE, (1, strength, 0, 0, 1, 0)),
    )
    np.testing.assert_array_equal(
        geometric_operations.shear_y(IMAGE, strength),
        by_pillow(IMAGE, (1, 0, 0, strength, 1, 0)),
    )


@pytest.mark.parametrize("strength", [0.15, -0.15, 0.3, 0.03])
def test_shears_of_other_strength_are_pillows(strength):
    assert_as_pillow(
        geometric_operations.shear_x(IMAGE, strength),
        IMAGE,
        (1, strength, 0, 0, 1, 0),
    )
    assert_as_pillow(
        geometric_operations.shear_y(IMAGE, strength),
        IMAGE,
        (1, 0, 0, strength, 1, 0),
    )


@pytest.mark.parametrize("pixels", [0, 1, -1, 50, -50, 59, 60, 83, -100, 200])
def test_translations_are_pillows(pixels):
    np.testing.assert_array_equal(
        geometric_operations.translate_x(IMAGE, pixels),
        by_pillow(IMAGE, (1, 0, pixels, 0, 1, 0)),
    )
    np.testing.assert_array_equal(
        geometric_operations.translate_y(IMAGE, pixels),
        by_pillow(IMAGE, (1, 0, 0, 0, 1, pixels)),
    )


@pytest.mark.parametrize("centre", [(30, 40), (0, 0), (59, 82), (3, 80)])
@pytest.mark.parametrize("half_side", [0, 1, 20, 100])
def test_cutout_is_pillows_rectangle(centre, half_side):
    image = PIL.Image.fromarray(IMAGE)
    if half_side:
        row, column = centre
        # Pillow's rectangle has its last row and column in it.
        box = (column - half_side, row - half_side)
        box += (column + half_side - 1, row + half_side - 1)
        PIL.ImageDraw.Draw(image).rectangle(box, fill=GREY)
    np.testing.assert_array_equal(
        geometric_operations.cutout(IMAGE, tf.constant(centre), half_side),
        image,
    )


@pytest.mark.parametrize("pixels", SMALL.values(), ids=SMALL.keys())
def test_the_smallest_images_keep_their_size(pixels):
    for name in ("rotate", "shear_x", "shear_y", "translate_x", "translate_y"):
        operation = getattr(geometric_operations, name)
        np.testing.assert_array_equal(operation(pixels, 0), pixels)
        assert operation(pixels, 50).shape == pixels.shape
    covered = geometric_operations.cutout(pixels, tf.constant([0, 0]), 20)
    np.testing.assert_array_equal(covered, np.full_like(pixels, 128))
