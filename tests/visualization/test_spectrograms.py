import numpy as np
import pytest

from keras_perceiver.visualization import spectrograms
from tests.visualization.png_pixels import pixels_of

RATE = 16_000


def tone(hertz, seconds=0.5, loudness=0.5, rate=RATE):
    time = np.arange(round(seconds * rate)) / rate
    return (loudness * np.sin(2 * np.pi * hertz * time)).astype("float32")


@pytest.mark.parametrize("hertz", [500, 1_000, 5_000])
def test_a_tone_is_a_band_at_its_frequency_of_its_level(hertz):
    levels, seconds, hertzes = spectrograms.decibels(tone(hertz), RATE)
    assert levels.shape == (len(hertzes), len(seconds))
    assert seconds[0] == 0
    assert seconds[-1] == pytest.approx(0.5, abs=0.01)
    assert hertzes[-1] == RATE / 2
    middle = levels[:, 10:-10]
    assert (hertzes[middle.argmax(axis=0)] == hertz).all()
    # Half of all there is: 20 log10(0.5).
    np.testing.assert_allclose(middle.max(axis=0), -6.02, atol=0.01)


def test_columns_are_at_their_times():
    audio = np.zeros(RATE, "float32")
    audio[RATE // 4] = 1
    levels, seconds, _ = spectrograms.decibels(audio, RATE)
    loudest = levels.max(axis=0).argmax()
    # Columns are 8 ms apart.
    assert seconds[loudest] == pytest.approx(0.25, abs=0.004)


def bands(picture):
    """Where the spectrograms are brightest: rows of the left and right one."""
    # The map's brightest colour is yellow, of much red and little blue.
    yellow = picture[:, :, 0] - picture[:, :, 2] > 120
    half = picture.shape[1] // 2
    # The scale of colours stands at the far right.
    parts = yellow[:, :half], yellow[:, half : int(1.7 * half)]
    return [np.flatnonzero(part.sum(axis=1) > 100) for part in parts]


def test_the_band_of_a_higher_tone_is_higher():
    low, high = tone(1_000), tone(6_000)
    picture = pixels_of(spectrograms.draw([low], [high], RATE, ["a $b"]))
    left, right = bands(picture)
    # 5 of 8 kHz, of what is some 150 pixels high.
    assert 70 < left.mean() - right.mean() < 120
    assert 0 < len(left) < 10


def test_both_have_the_same_colours():
    audio = tone(1_000)
    picture = pixels_of(spectrograms.draw([audio], [audio / 100], RATE, "a"))
    left, right = bands(picture)
    # 40 dB softer is no longer yellow.
    assert len(left) > 0
    assert len(right) == 0


def test_silence_and_the_shortest_sounds_can_be_drawn():
    """Warnings are errors here."""
    silence, short = np.zeros(4_000, "float32"), tone(3, 1, rate=20)
    for original, ours, rate in (
        (silence, silence, RATE),
        (short[:1], short[:1], 20),
    ):
        drawn = spectrograms.draw([original], [ours], rate, ["a"])
        assert pixels_of(drawn).std() > 10
    levels, _, _ = spectrograms.decibels(silence, RATE)
    assert (levels == -np.inf).all()


def test_several_clips_are_below_each_other():
    sounds = [tone(1_000, 0.1), tone(3_000, 0.1)]
    picture = pixels_of(spectrograms.draw(sounds, sounds, RATE, "ab"))
    for rows in bands(picture):
        assert rows[0] < len(picture) / 2 < rows[-1]
