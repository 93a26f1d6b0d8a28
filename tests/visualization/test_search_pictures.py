import numpy as np
import pytest

from keras_perceiver.visualization import search_pictures
from keras_perceiver.visualization.search_pictures import Bar
from keras_perceiver.visualization.search_pictures import CostPanel
from tests.visualization.png_pixels import has
from tests.visualization.png_pixels import pixels_of

BLUE = (31, 119, 180)
RED = (214, 39, 40)
GREEN = (44, 160, 44)
# Of a dot that the grid shines through.
DOT = (178, 178, 178)


def panel(**changes):
    known = {
        "label": "FLOPs",
        "costs": [1e6, 1e7, 1e8],
        "values": [0.9, 0.5, 0.4],
        "front": [0, 1, 2],
    }
    return CostPanel(**{**known, **changes})


def drawn(*panels):
    return pixels_of(search_pictures.draw_fronts(panels, "nats"))


def places_of(picture, colour):
    return np.argwhere(abs(picture - colour).sum(axis=-1) < 30)


def test_each_cost_has_a_panel():
    assert drawn(panel(), panel(), panel()).shape == (420, 1350, 3)


def test_the_front_is_a_step_line():
    picture = drawn(panel(front=[0, 2]))
    places = places_of(picture, BLUE)
    rows, columns = np.unique(places, return_counts=True, axis=0)[0].T
    flat = [row for row in set(rows) if (rows == row).sum() > 150]
    upright = [
        column for column in set(columns) if (columns == column).sum() > 100
    ]
    assert flat
    assert upright
    # The flat part is at the better, higher-drawn value of the cheap one, and
    # the upright part at the dear one.
    assert max(flat) < 210
    assert min(upright) > 300


def test_trials_and_front_have_their_own_colours():
    picture = drawn(panel(front=[0]))
    assert has(picture, DOT)
    assert has(picture, BLUE)
    assert not has(picture, RED)


def test_the_reference_is_marked():
    picture = drawn(panel(reference_cost=3e7))
    line = places_of(picture, RED)
    # Upright and dotted, in the right half.
    columns, counts = np.unique(line[:, 1], return_counts=True)
    assert counts.max() > 70
    assert columns[counts.argmax()] > 225
    star = places_of(drawn(panel(reference_cost=3e7, reference=1)), RED)
    assert len(star) > len(line) + 60


def test_without_trials_there_is_a_picture():
    empty = {"costs": [], "values": [], "front": []}
    picture = drawn(panel(**empty), panel(**empty, reference_cost=3e7))
    assert has(picture, RED)
    assert not has(picture, BLUE)
    one = drawn(panel(costs=[5.0], values=[1.0], front=[0]))
    assert has(one, BLUE)


def bars_drawn(bars):
    return pixels_of(search_pictures.draw_bars([("rank", bars)]))


def widths_of(picture, colour):
    """The longest row of a colour."""
    return np.bincount(places_of(picture, colour)[:, 0]).max()


def test_bars_are_as_long_as_their_numbers():
    bars = [Bar("a", 0.8, is_clear=True), Bar("$b$", -0.4), Bar("c", None)]
    picture = bars_drawn(bars)
    grey = (127, 127, 127)
    assert widths_of(picture, GREEN) / widths_of(picture, grey) == (
        pytest.approx(2, rel=0.05)
    )
    green, other = (places_of(picture, colour) for colour in (GREEN, grey))
    # The first on top; less than zero goes left.
    assert green[:, 0].max() < np.median(other[:, 0])
    assert np.median(other[:, 1]) < green[:, 1].min()


def test_what_chance_alone_gives_is_shaded():
    shaded, plain = (
        len(
            places_of(
                bars_drawn([Bar("a", 0.8, None, chance)]), (229, 229, 229)
            )
        )
        for chance in (0.5, None)
    )
    assert shaded > plain + 3000


def test_what_cannot_be_told_is_said():
    for bars in ([], [Bar("a", None)]):
        picture = bars_drawn(bars)
        # Letters in the middle, and no bar.
        middle = picture[40:120, 100:400]
        assert has(middle, (0, 0, 0))
        assert not has(picture, GREEN)
