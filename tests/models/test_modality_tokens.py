"""Tokens of modalities, published and not."""

import keras
import numpy as np
import pytest

from keras_perceiver.models import spectrogram_tokens
from keras_perceiver.models import video_tokens
from keras_perceiver.models import waveform_tokens
from tests.float64_reference import assert_near
from tests.float64_reference import fourier_features
from tests.random_values import random_array

READINGS = random_array(3, 12, 2)


def test_a_time_series_keeps_steps_and_channels_together():
    given = keras.Input((12, 2))
    model = keras.Model(given, waveform_tokens(given, 4, 3, name="sensor"))
    assert model.output.shape == (None, 3, 4 * 2 + 2 * 3 + 1)
    tokens = np.array(model(READINGS))
    for row in range(3):
        steps = READINGS[:, 4 * row : 4 * row + 4].reshape(3, 8)
        np.testing.assert_array_equal(tokens[:, row, :8], steps)
    # Of three patches; the grid's own size where no resolution is given.
    positions = np.broadcast_to(fourier_features((3,), 3), (3, 3, 7))
    assert_near(tokens[..., 8:], positions)


def test_one_channel_is_the_same_with_and_without_its_axis():
    plain, with_axis = keras.Input((12,)), keras.Input((12, 1))
    outputs = [
        keras.Model(given, waveform_tokens(given, 4, 3))(array)
        for given, array in (
            (plain, READINGS[..., 0]),
            (with_axis, READINGS[..., :1]),
        )
    ]
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize(
    ("tokens_of", "shape", "settings"),
    [
        (video_tokens, (2, 4, 6, 3), ((1, 2, 3), 2)),
        (waveform_tokens, (12,), (4, 2)),
        (spectrogram_tokens, (3, 4), (2,)),
    ],
)
def test_two_of_a_kind_have_layers_of_their_own(tokens_of, shape, settings):
    given = [keras.Input(shape), keras.Input(shape)]
    both = [
        tokens_of(one, *settings, name=name)
        for one, name in zip(given, "ab", strict=True)
    ]
    names = [layer.name for layer in keras.Model(given, both).layers]
    for name in "ab":
        assert f"{name}_rows" in names
        assert f"{name}_positions" in names


def test_steps_that_do_not_fit_are_named_as_the_modality_is():
    given = keras.Input((13, 2))
    with pytest.raises(ValueError, match="num_sensor_samples=13"):
        waveform_tokens(given, 4, 3, name="sensor")
