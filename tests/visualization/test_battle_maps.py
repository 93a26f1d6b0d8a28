import dataclasses

import numpy as np
import pytest

from keras_perceiver.visualization import battle_maps
from tests.visualization.png_pixels import pixels_of

TOP = 20
LEFT = battle_maps.SIZE + 8


@pytest.fixture
def battle_map():
    """An own building, two own units, an ally's and an enemy's."""
    return battle_maps.BattleMap(
        "0:40",
        np.array([[10, 10], [90, 10], [10, 90], [50, 50], [90, 90]], float),
        is_own=np.array([True, True, True, False, False]),
        is_ally=np.array([False, False, False, True, False]),
        is_building=np.array([True, False, False, False, False]),
        selected=np.array([True, False, False, False, False]),
        guessed=np.array([False, True, False, False, False]),
        camera=(30.0, 30.0),
        view=(14.0, 10.0),
    )


def colour_at(picture, place, left=0):
    x, y = place
    return tuple(picture[TOP + y, left + x])


def test_units_are_where_they_were_and_north_is_up(battle_map):
    picture = pixels_of(battle_maps.draw([battle_map]))
    assert picture.shape == (TOP + LEFT, LEFT + battle_maps.SIZE, 3)
    low, high = 16, battle_maps.SIZE - 16
    middle = battle_maps.SIZE // 2
    wanted = [
        ((low, high), battle_maps.SELECTED, battle_maps.OWN),
        ((high, high), battle_maps.OWN, battle_maps.SELECTED),
        ((low, low), battle_maps.OWN, battle_maps.OWN),
        ((middle, middle), battle_maps.ALLY, battle_maps.ALLY),
        ((high, low), battle_maps.ENEMY, battle_maps.ENEMY),
    ]
    for place, human, model in wanted:
        assert colour_at(picture, place) == human
        assert colour_at(picture, place, LEFT) == model


def test_buildings_are_squares_and_what_is_selected_has_a_rim(battle_map):
    picture = pixels_of(battle_maps.draw([battle_map]))
    x, y = battle_map.pixels()[0]
    assert colour_at(picture, (x + 6, y + 6)) == (255, 255, 255)
    assert colour_at(picture, (x + 6, y + 6), LEFT) == battle_maps.OWN
    x, y = battle_map.pixels()[1]
    # Nothing in the corner of a disc.
    assert colour_at(picture, (x + 4, y + 4)) == (24, 28, 32)
    assert colour_at(picture, (x + 4, y), LEFT) == (255, 255, 255)


def test_the_frame_is_what_was_looked_at(battle_map):
    picture = pixels_of(battle_maps.draw([battle_map]))
    corners = battle_map.pixels(np.array([[16, 20], [44, 40], [30, 30]]))
    assert colour_at(picture, corners[0]) == (128, 128, 128)
    assert colour_at(picture, corners[1]) == (128, 128, 128)
    assert colour_at(picture, corners[2]) == (24, 28, 32)


def test_what_is_selected_lies_above(battle_map):
    same = dataclasses.replace(battle_map, places=np.full((5, 2), 30.0))
    picture = pixels_of(battle_maps.draw([same]))
    middle = (battle_maps.SIZE // 2,) * 2
    assert colour_at(picture, middle) == battle_maps.SELECTED


def test_maps_are_below_one_another(battle_map):
    picture = pixels_of(battle_maps.draw([battle_map] * 3))
    one = pixels_of(battle_maps.draw([battle_map]))
    assert len(picture) == 3 * len(one)
    np.testing.assert_array_equal(picture[: len(one)], picture[-len(one) :])
