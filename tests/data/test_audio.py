"""Mel spectrograms, against the definition."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.audio import log_mel_spectrogram
from tests.float64_reference import assert_near

RATE = 16_000


def mel(hertz):
    return 1127 * np.log1p(np.asarray(hertz) / 700)


def spectrogram_by_hand(audio, num_frames, num_bins, rate=RATE, highest=7500):
    step = -(-len(audio) // num_frames)
    length = 2 ** int(np.ceil(np.log2(2 * step)))
    window = 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * step) / step)
    padded = np.zeros((num_frames + 1) * step)
    padded[: len(audio)] = audio
    edges = np.linspace(mel(125), mel(highest), num_bins + 2)
    places = mel(np.arange(length // 2 + 1) * rate / length)
    frames = []
    for number in range(num_frames):
        frame = padded[number * step : (number + 2) * step] * window
        spectrum = np.abs(np.fft.rfft(frame, length))
        # Triangles; the constant has no place in any.
        spectrum[0] = 0
        frames.append(
            [
                spectrum
                @ np.clip(
                    np.minimum(
                        (places - low) / (middle - low),
                        (high - places) / (high - middle),
                    ),
                    0,
                    None,
                )
                for low, middle, high in zip(
                    edges, edges[1:], edges[2:], strict=False
                )
            ]
        )
    return np.log(np.array(frames) + 0.01)


@pytest.mark.parametrize(("samples", "frames"), [(1000, 5), (1003, 5), (64, 4)])
def test_values_are_those_of_the_definition(samples, frames):
    audio = np.random.default_rng(0).uniform(-1, 1, (2, samples))
    found = log_mel_spectrogram(tf.constant(audio, tf.float32), frames, 6, RATE)
    assert found.shape == (2, frames, 6)
    for row, waveform in zip(found, audio, strict=True):
        expected = spectrogram_by_hand(waveform, frames, 6)
        assert_near(row, expected, 1e-4)


def test_a_tone_is_heard_at_its_place_and_time():
    times = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 1000 * times) * (times > 0.5)
    found = log_mel_spectrogram(
        tf.constant(tone[None], tf.float32), 50, 40, RATE
    )
    centres = np.linspace(mel(125), mel(7500), 42)[1:-1]
    nearest = np.abs(centres - mel(1000)).argmin()
    assert (np.argmax(found[0, 30:45], axis=-1) == nearest).all()
    assert_near(found[0, :20], np.full((20, 40), np.log(0.01)))


def test_the_published_number_of_tokens():
    audio = tf.zeros((1, 61_440))
    assert log_mel_spectrogram(audio, 75, 64, 48_000).shape == (1, 75, 64)
