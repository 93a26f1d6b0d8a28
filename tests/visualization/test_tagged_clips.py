import numpy as np

from keras_perceiver.visualization import tagged_clips
from tests.visualization.png_pixels import has
from tests.visualization.png_pixels import pixels_of

GREEN, RED, BLUE = (44, 160, 44), (214, 39, 40), (31, 119, 180)
YELLOW = (250, 220, 10)
VIDEO = np.full((16, 12, 12, 3), YELLOW, np.uint8)
SOUND = np.sin(np.arange(4_000) / 3)
ANSWER = [("siren", 0.9), ("$x$ and a name that is far too long", 0.4)]


def drawn(*truths, video=VIDEO, sound=SOUND):
    count = len(truths)
    return pixels_of(
        tagged_clips.draw(
            [video] * count, [sound] * count, 8_000, [ANSWER] * count, truths
        )
    )


def test_right_tags_are_green_wrong_ones_red_and_unknown_ones_blue():
    half = drawn(["siren"])
    assert all(has(half, colour) for colour in (YELLOW, GREEN, RED))
    assert not has(half, BLUE)
    asked = drawn(None)
    assert has(asked, BLUE)
    assert not has(asked, GREEN)
    assert not has(asked, RED)
    none = drawn([])
    assert has(none, RED)
    assert not has(none, GREEN)


def test_likelier_tags_have_longer_bars():
    green, red = (
        np.sum(np.abs(drawn(["siren"]) - colour).max(axis=-1) == 0)
        for colour in (GREEN, RED)
    )
    assert 1.9 < green / red < 2.6


def test_each_clip_has_a_row_and_silence_is_drawn():
    one, two = drawn(None), drawn(None, ["siren"], sound=0 * SOUND)
    assert two.shape[0] == 2 * one.shape[0]
    assert has(two, YELLOW)
