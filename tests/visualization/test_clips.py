import numpy as np
import pytest

from keras_perceiver.visualization import clips
from tests.visualization.png_pixels import has
from tests.visualization.png_pixels import pixels_of

GREEN, RED = (44, 160, 44), (214, 39, 40)
BLUE, YELLOW = (20, 40, 200), (250, 220, 10)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), "uint8")


@pytest.mark.parametrize(
    ("height", "factor"), [(8, 32), (96, 3), (100, 3), (224, 1), (600, 1)]
)
def test_originals_are_left_and_pixels_become_squares(height, factor):
    ours, theirs = noise(2, height, 6), noise(2, height, 6, seed=1)
    shown = clips.side_by_side(ours, theirs)
    assert shown.dtype == np.uint8
    assert shown.shape == (2, factor * height, 12 * factor + 4, 3)
    wide = 6 * factor
    assert shown[:, :, wide : wide + 4].min() == 255
    for row, column in np.ndindex(factor, factor):
        every = slice(row, None, factor)
        left = shown[:, every, column:wide:factor]
        right = shown[:, every, wide + 4 + column :: factor]
        np.testing.assert_array_equal(left, ours)
        np.testing.assert_array_equal(right, theirs)


def test_a_sheet_has_each_frame_above_its_reconstruction():
    clip = np.full((2, 16, 12, 12, 3), BLUE, "uint8")
    sheet = pixels_of(clips.contact_sheet(clip, 0 * clip + YELLOW, "ab", "ab"))
    width = sheet.shape[1]
    is_blue, is_yellow = (
        np.abs(sheet - colour).max(axis=-1) == 0 for colour in (BLUE, YELLOW)
    )
    # Down each of the eight columns.
    for column in range(8):
        at = (column + 0.55) * width / 8
        kinds = is_blue[:, int(at)] + 2 * is_yellow[:, int(at)]
        found = kinds[kinds > 0]
        changes = found[np.flatnonzero(np.diff(found, prepend=0))]
        assert changes.tolist() == [1, 2, 1, 2]
    assert is_blue.mean() == pytest.approx(is_yellow.mean(), abs=0.01)
    assert is_blue.mean() > 0.25


def test_frames_are_evenly_spaced():
    clip = np.zeros((1, 15, 8, 8, 3), "uint8")
    clip[0, :, :, :, 0] = 10 * np.arange(15)[:, None, None]
    sheet = pixels_of(clips.contact_sheet(clip, clip, "a", "a"))
    # No green and no blue in these frames.
    reds = sheet[sheet[:, :, 1:].sum(axis=-1) == 0][:, 0]
    found, counts = np.unique(reds, return_counts=True)
    assert found[counts > 5_000].tolist() == list(range(0, 150, 20))


def test_titles_of_right_answers_are_green_and_of_wrong_ones_red():
    clip = np.zeros((2, 1, 8, 8, 3), "uint8")
    clip[0], clip[1] = BLUE, YELLOW
    names = ["playing the didgeridoo for $1", "b"]
    sheet = pixels_of(clips.contact_sheet(clip, clip, names, [names[0], "c"]))
    half = len(sheet) // 2
    for part, title, other, colour in (
        (sheet[:half], GREEN, RED, BLUE),
        (sheet[half:], RED, GREEN, YELLOW),
    ):
        assert has(part, title)
        assert not has(part, other)
        assert has(part, colour)
