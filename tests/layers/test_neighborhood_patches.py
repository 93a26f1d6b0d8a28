"""Every pixel with the pixels around it."""

import functools

import numpy as np
import pytest

from keras_perceiver.layers import NeighborhoodPatches
from tests.float64_reference import neighborhood_patches
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array


def reference(weights, images, size=3):
    return neighborhood_patches(images, size)


def patch_case(name, size, *shape):
    return LayerCase(
        name,
        NeighborhoodPatches,
        {"size": size},
        {"images": random_array(*shape)},
        {},
        functools.partial(reference, size=size),
        half_tolerance=0.004,
    )


CASES = (
    patch_case("images", 3, 2, 4, 5, 3),
    patch_case("pairs", 5, 2, 2, 3, 4, 1),
    patch_case("pixels", 1, 2, 2, 3, 2),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_channels_run_through_rows_columns_and_colours():
    """By hand: pixel (0, 1) of a 2x3 image whose values are 1, 2, 3, ..."""
    image = np.arange(1, 13, dtype="float32").reshape(1, 2, 3, 2)
    outside = [0, 0]
    above = outside * 3
    same = [1, 2, 3, 4, 5, 6]
    below = [7, 8, 9, 10, 11, 12]
    patches = NeighborhoodPatches(3)(image)
    np.testing.assert_array_equal(patches[0, 0, 1], above + same + below)
    corner = above + outside + same[:4] + outside + below[:4]
    np.testing.assert_array_equal(patches[0, 0, 0], corner)


def test_one_pixel_is_itself():
    images = random_array(2, 3, 4, 3)
    np.testing.assert_array_equal(NeighborhoodPatches(1)(images), images)


def test_moves_with_the_image():
    """Where no border is near: the ground for matching two frames."""
    images = random_array(1, 9, 10, 2)
    moved = np.roll(images, (1, 2), axis=(1, 2))
    patches = np.array(NeighborhoodPatches(3)(images))
    expected = np.roll(patches, (1, 2), axis=(1, 2))
    np.testing.assert_array_equal(
        np.array(NeighborhoodPatches(3)(moved))[:, 2:-1, 3:-1],
        expected[:, 2:-1, 3:-1],
    )


@pytest.mark.parametrize("size", [0, -1, 2, 4])
def test_a_size_without_a_middle_is_named(size):
    with pytest.raises(ValueError, match=f"Received: size={size}") as error:
        NeighborhoodPatches(size, name="patches")
    assert "'patches'" in str(error.value)


def test_a_single_image_is_named():
    with pytest.raises(ValueError, match=r"shape \(4, 5, 3\)") as error:
        NeighborhoodPatches(name="patches")(random_array(4, 5, 3))
    assert "batch axis" in str(error.value)
