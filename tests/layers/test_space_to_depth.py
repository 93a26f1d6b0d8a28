"""Patches of images and videos as channels."""

import keras
import numpy as np
import pytest

from keras_perceiver.layers import SpaceToDepth
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array


def patches(inputs, patch_shape):
    """Patch by patch, and each patch position by position."""
    sizes = inputs.shape[1:-1]
    grid = [n // p for n, p in zip(sizes, patch_shape, strict=True)]
    channels = inputs.shape[-1] * np.prod(patch_shape)
    outputs = np.zeros((len(inputs), *grid, channels))
    for cell in np.ndindex(*grid):
        pixels = [
            inputs[(slice(None), *(np.multiply(cell, patch_shape) + offset))]
            for offset in np.ndindex(*patch_shape)
        ]
        outputs[(slice(None), *cell)] = np.concatenate(pixels, axis=-1)
    return outputs


def patch_case(name, patch_shape, inputs):
    return LayerCase(
        name,
        SpaceToDepth,
        {"patch_shape": patch_shape},
        {"inputs": inputs},
        {},
        lambda weights, inputs: patches(inputs, patch_shape),
    )


CASES = (
    patch_case("image", (3, 2), random_array(2, 6, 4, 3)),
    patch_case("video", (2, 1, 3), random_array(2, 4, 5, 6, 2)),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_patch_channels_run_by_frame_row_column_and_colour():
    video = np.arange(2 * 2 * 4 * 3).reshape(1, 2, 2, 4, 3)
    tokens = np.array(SpaceToDepth((2, 2, 2))(video.astype("float32")))
    assert tokens.shape == (1, 1, 1, 2, 24)
    channels = tokens[0, 0, 0, 1].reshape(2, 2, 2, 3)
    for frame, row, column, colour in np.ndindex(2, 2, 2, 3):
        expected = video[0, frame, row, 2 + column, colour]
        assert channels[frame, row, column, colour] == expected


def test_patches_of_one_position_change_nothing():
    images = random_array(2, 3, 4, 5)
    np.testing.assert_array_equal(SpaceToDepth((1, 1))(images), images)


def test_an_empty_batch_stays_empty():
    images = np.zeros((0, 4, 4, 3), "float32")
    assert SpaceToDepth((2, 2))(images).shape == (0, 2, 2, 12)


@pytest.mark.parametrize(
    ("patch_shape", "shape", "words"),
    [
        ((2, 2), (5, 4, 3), ["divisible", "(None, 5, 4, 3)", "(2, 2)"]),
        ((1, 4, 4), (2, 8, 6, 3), ["divisible", "(None, 2, 8, 6, 3)"]),
        ((2, 2), (2, 4, 4, 3), ["2 known sizes", "(2, 2)"]),
        ((1, 2, 2), (4, 4, 3), ["3 known sizes", "(1, 2, 2)"]),
        ((2, 2), (None, 4, 3), ["known sizes", "(None, None, 4, 3)"]),
    ],
)
def test_sizes_that_do_not_fit_are_named(patch_shape, shape, words):
    layer = SpaceToDepth(patch_shape, name="patches")
    with pytest.raises(ValueError, match="'patches'") as error:
        layer(keras.Input(shape))
    for word in words:
        assert word in str(error.value)
