import dataclasses
import json

import pytest

from keras_perceiver.data.replays.events import Died
from keras_perceiver.data.replays.events import Finished
from keras_perceiver.data.replays.events import Grouped
from keras_perceiver.data.replays.events import Looked
from keras_perceiver.data.replays.events import Ordered
from keras_perceiver.data.replays.events import ReplayError
from keras_perceiver.data.replays.game import Game
from tests.data.replays import made_games
from tests.data.replays.made_games import select

EVENTS = [
    select(40, 11, 12),
    select(50, 11, group=3),
    Grouped(60, 1, 3, False, (0, 2)),
    Ordered(70, 1, None, None, 0),
    Ordered(71, 1, 3.5, 4, 20),
    Looked(72, 2, 1.0, 2.0),
    Finished(73, 13),
    Died(74, 13),
]


def test_json_brings_a_game_back():
    game = made_games.game(*EVENTS)
    back = Game.from_json(json.loads(json.dumps(game.as_json())))
    assert back == game


def test_what_players_do_comes_before_what_the_game_tells():
    late, early = Died(40, 11), select(40, 11)
    game = made_games.game(late, early)
    assert game.events[-2:] == [early, late]


def test_recordings_of_one_game_are_the_same():
    game = made_games.game(*EVENTS)
    # Another player's recording may lack what others looked at.
    other = made_games.game(*EVENTS[:5], *EVENTS[6:])
    assert other.identity() == game.identity()
    longer = made_games.game(*EVENTS, Died(80, 12))
    assert longer.identity() != game.identity()


@pytest.mark.parametrize(
    "event",
    [
        ["Unheard", 3],
        ["Died", 3],
        ["Died", 3, "a"],
        ["Died", 3.5, 7],
        ["Died", True, 7],
        ["Looked", 3, 1, float("nan"), 2.0],
        ["Looked", 3, 1, float("inf"), 2.0],
        ["Selected", 3, 1, None, True, [], ["a"]],
        ["Selected", 3, 1, None, 1, [], []],
        ["Selected", 3, 1, None, True, [], list(range(1025))],
        ["Looked", 3, 1, 1e6, 2.0],
        ["Died", 3, 2**60],
        ["Died", -1, 7],
        ["Died", 2**40, 7],
        ["Player", 3, "Zerg", 1],
        "Died",
        7,
    ],
)
def test_words_that_are_not_known_are_refused(event):
    content = made_games.game().as_json()
    content["events"].append(event)
    with pytest.raises(ReplayError, match="in no known words"):
        Game.from_json(content)


def test_events_cannot_be_changed_by_accident():
    with pytest.raises(dataclasses.FrozenInstanceError):
        EVENTS[0].frame = 3
