"""Fourier features of positions that are given as numbers."""

import functools

import keras
import numpy as np
import pytest

from keras_perceiver.layers import FourierFeatures
from keras_perceiver.layers import FourierPositionEncoding
from tests.float64_reference import assert_near
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array


def features(weights, positions, num_bands, max_resolution):
    """Channel by channel: raw positions, all sines, all cosines."""
    dimensions = range(len(max_resolution))
    channels = [positions[..., i] for i in dimensions]
    for wave in (np.sin, np.cos):
        for i in dimensions:
            for band in range(num_bands):
                share = band / max(num_bands - 1, 1)
                frequency = 1 + share * (max_resolution[i] / 2 - 1)
                channels.append(wave(np.pi * frequency * positions[..., i]))
    return np.stack(channels, axis=-1)


def features_case(name, positions, num_bands, max_resolution):
    config = {"num_bands": num_bands, "max_resolution": max_resolution}
    return LayerCase(
        name,
        FourierFeatures,
        config,
        {"positions": positions},
        {},
        functools.partial(features, **config),
        half_tolerance=0.004,
    )


def points(*shape):
    """Coordinates within [-1, 1]."""
    return np.tanh(random_array(*shape))


CASES = (
    features_case("points", points(2, 5, 3), 4, (8, 6, 10)),
    features_case("one_dimension", points(2, 3, 1), 1, (7,)),
    features_case("an_image_of_points", points(2, 3, 4, 2), 3, (9, 5)),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_positions_of_a_grid_are_those_of_the_grid_layer():
    axis = np.linspace(-1, 1, 5, dtype="float32")
    settings = {"num_bands": 3, "max_resolution": (12,)}
    given = FourierFeatures(**settings)(axis[None, :, None])
    computed = FourierPositionEncoding((5,), **settings)(np.arange(5)[None])
    assert_near(given, computed, 1e-6)


def test_points_of_modelnet_have_387_channels():
    layer = FourierFeatures(64, (2240, 2240, 2240))
    assert layer(keras.Input((2048, 3))).shape == (None, 2048, 387)


def test_half_precision_rounds_the_result_alone():
    """Rounded to bfloat16 first, a thousand turns would be noise."""
    positions = points(1, 50, 3)
    settings = (64, (2240, 2240, 2240))
    exact = FourierFeatures(*settings)(positions)
    for policy in ("mixed_bfloat16", "bfloat16", "float16"):
        half = FourierFeatures(*settings, dtype=policy)(positions)
        assert half.dtype.name == policy.removeprefix("mixed_")
        assert_near(half.numpy().astype("float32"), exact, 0.004)


@pytest.mark.parametrize("shape", [(2, 5, 2), (2, 5, 4), (2, 5, 1)])
def test_another_number_of_coordinates_is_named(shape):
    with pytest.raises(ValueError, match="one number for each dim") as error:
        FourierFeatures(4, (8, 8, 8), name="waves")(random_array(*shape))
    assert "waves" in str(error.value)
    assert f"shape {shape}" in str(error.value)
    assert "max_resolution=(8, 8, 8)" in str(error.value)
