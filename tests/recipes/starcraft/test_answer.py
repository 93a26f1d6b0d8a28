"""Answers about replays, by a task that knows what it likes."""

import types

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.replays import isolated
from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays.events import ReplayError
from keras_perceiver.data.replays.moments import Moments
from keras_perceiver.visualization import battle_maps
from recipes.starcraft import maps
from recipes.starcraft.answer import answer
from tests.data.replays import made_games
from tests.data.replays.made_games import HALL
from tests.data.replays.made_games import OTHER_WORKER
from tests.data.replays.made_games import WORKER
from tests.data.replays.made_games import select
from tests.visualization.png_pixels import has
from tests.visualization.png_pixels import pixels_of


class LikesBuildings:
    """Three quarters for buildings, and the rest for all else."""

    entity_dim = 96

    def __call__(self, entities):
        is_building = entities[:, schema.NUMBERS["is_building"]] > 0
        chances = np.where(
            is_building, 0.75 / is_building.sum(), 0.25 / (~is_building).sum()
        )
        return types.SimpleNamespace(selection_probabilities=chances)


def three_selections():
    return made_games.game(
        select(40, WORKER), select(960, HALL), select(1600, OTHER_WORKER)
    )


@pytest.fixture
def replay(tmp_path, monkeypatch):
    """A file that is read as a game by hand; the answer is beside it."""
    game = three_selections()

    def read_game(path):
        if path.name != "a.SC2Replay":
            raise ReplayError("is odd.")
        return game

    monkeypatch.setattr(isolated, "read_game", read_game)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.SC2Replay"
    path.write_bytes(b"")
    return path


def ask(*words):
    return answer(LikesBuildings(), list(map(str, words))).splitlines()


def test_the_next_selection_is_guessed(replay):
    lines = ask(replay, "0:50", "--picture", "map.png")
    assert lines[0] == f"{replay}, a map"
    assert lines[1] == "1:00  player 1, Terran"
    assert lines[2] == "  the human: 1 CommandCenter"
    assert lines[3] == "  the model: 1 CommandCenter"
    assert lines[4].split() == ["75.0%", "CommandCenter", "selected"]
    assert lines[-1] == "written: map.png"
    picture = pixels_of((replay.parent / "map.png").read_bytes())
    assert picture.shape[1] > 2 * battle_maps.SIZE
    assert has(picture, battle_maps.SELECTED)


def test_each_moment_is_told_once(replay):
    times = [
        line for line in ask(replay, "0:00", "0:01", "1:01") if ":" in line
    ]
    assert [line for line in times if "player" in line] == [
        "0:02  player 1, Terran",
        "1:40  player 1, Terran",
    ]
    assert ask(replay)[1].startswith("1:00")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "predict takes a replay"),
        (("nothing.SC2Replay",), "is no file"),
        (("a.SC2Replay", "noon"), "such as 5:00. Received: 'noon'"),
        (("a.SC2Replay", "5:0"), "Received: '5:0'"),
        (("a.SC2Replay", "1:41"), "the last selection is at 1:40"),
    ],
)
def test_bad_requests_are_told(replay, words, said):
    with pytest.raises(ValueError, match=said):
        ask(*words)


def test_an_odd_replay_is_told_by_its_name(replay):
    (replay.parent / "b.SC2Replay").write_bytes(b"")
    with pytest.raises(ReplayError, match=r"b\.SC2Replay: the replay is odd"):
        ask("b.SC2Replay")


def test_samples_are_held_out_moments_on_maps():
    moments = list(Moments(three_selections()))
    data = types.SimpleNamespace(
        num_heldout=lambda: len(moments), evaluation_dataset=lambda: batched
    )
    rows = {
        "entities": np.array([one.entities(96) for one in moments]),
        "entity_mask": np.ones((len(moments), 3), bool),
    }
    shares = np.array([one.selected for one in moments], "float32")
    batched = tf.data.Dataset.from_tensor_slices((rows, shares)).batch(2)
    picture = pixels_of(maps.sample(LikesBuildings(), data))
    one = pixels_of(
        battle_maps.draw(
            [
                maps.battle_map(
                    "",
                    moments[0].entities(96),
                    moments[0].selected,
                    LikesBuildings()(
                        moments[0].entities(96)
                    ).selection_probabilities,
                )
            ]
        )
    )
    assert len(picture) == 3 * len(one)
    # Below the titles.
    np.testing.assert_array_equal(picture[20 : len(one)], one[20:])
