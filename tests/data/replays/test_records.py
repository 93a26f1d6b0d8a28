import json

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.replays import isolated
from keras_perceiver.data.replays import moments
from keras_perceiver.data.replays import records
from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays import sources
from keras_perceiver.data.replays.events import ReplayError
from keras_perceiver.data.replays.moments import Moments
from keras_perceiver.data.replays.prepared import PreparedMoments
from tests.data.replays import made_games
from tests.data.replays.made_games import HALL
from tests.data.replays.made_games import MARINE
from tests.data.replays.made_games import WORKER
from tests.data.replays.made_games import appeared
from tests.data.replays.made_games import select

WIDTH = 96


def made(number):
    """A game of number + 1 moments."""
    units = [HALL, WORKER]
    return made_games.game(
        appeared(0, MARINE, "Marine", place=(number, 9)),
        *(select(40 + 20 * n, units[n % 2]) for n in range(number + 1)),
    )


def odd():
    raise ReplayError("is odd.")


GAMES = {
    f"{number:02d}": lambda number=number: made(number) for number in range(12)
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records") / "r"
    games = {**GAMES, "odd": odd, "zz": GAMES["03"]}
    return folder, records.prepare_made(games, folder, "games", {"n": 1})


def expected(split):
    """All moments of a split, by the games themselves."""
    for name in sorted(GAMES):
        game = GAMES[name]()
        if sources.split_of(game.identity()) == split:
            yield from Moments(game)


def test_every_game_is_on_one_side_as_a_whole(prepared):
    folder, summary = prepared
    assert summary["replays"] == 14
    assert summary["skipped"] == 2
    assert sum(summary["games_of_split"].values()) == 12
    assert summary["moments"] == sum(range(1, 13))
    for split in (sources.TRAIN, sources.VALIDATE):
        moments = list(expected(split))
        assert summary["moments_of_split"][split] == len(moments) > 0
    problems = (folder / "problems.csv").read_text().splitlines()
    assert problems[1:] == [
        "odd,is odd.,skipped",
        "zz,is another recording of 03.,skipped",
    ]


def test_about_a_fifth_is_held_out():
    identities = [
        f"{number * 7919 % 4096:03x}" + "0" * 61 for number in range(4096)
    ]
    splits = [sources.split_of(identity) for identity in identities]
    share = np.mean([split == sources.VALIDATE for split in splits])
    assert share == pytest.approx(0.2, abs=1e-3)


def test_what_is_read_is_what_was_written(prepared):
    moments = PreparedMoments(prepared[0], 8, WIDTH)
    found = list(moments.heldout_moments().as_numpy_iterator())
    wanted = list(expected(sources.VALIDATE))
    assert len(found) == len(wanted) == moments.num_moments(sources.VALIDATE)
    for one, other in zip(found, wanted, strict=True):
        count = len(other.units)
        assert one["entities"].shape == (8, WIDTH)
        np.testing.assert_array_equal(
            one["entities"][:count], other.entities(WIDTH)
        )
        assert not one["entities"][count:].any()
        assert one["entity_mask"].tolist() == [n < count for n in range(8)]
        np.testing.assert_array_equal(one["selected"][:count], other.selected)
        assert not one["selected"][count:].any()


def test_training_goes_on_from_anywhere(prepared):
    moments = PreparedMoments(prepared[0], 8, WIDTH)
    count = moments.num_moments(sources.TRAIN)

    def taken(seed, start, number):
        dataset = moments.training_moments(seed, start).take(number)
        return [
            one["entities"].tobytes() for one in dataset.as_numpy_iterator()
        ]

    whole = taken(0, 0, 2 * count)
    assert whole[count + 3 :] == taken(0, count + 3, count - 3)
    assert sorted(whole[:count]) == sorted(whole[count:])
    assert whole[:count] != whole[count:]
    assert whole[:count] != taken(1, 0, count)
    held_out = {
        one["entities"].tobytes()
        for one in moments.heldout_moments().as_numpy_iterator()
    }
    assert not held_out & set(whole)


def test_moments_that_have_no_room_are_left_out(prepared):
    with pytest.raises(ValueError, match=r"Raise --model\.num-entities"):
        PreparedMoments(prepared[0], 3, WIDTH).heldout_moments()
    with pytest.raises(ValueError, match=r"--model\.entity-dim"):
        PreparedMoments(prepared[0], 8, len(schema.COLUMNS))


def test_a_second_try_goes_on_where_the_first_ended(tmp_path):
    folder = tmp_path / "r"
    read = []

    def games(most):
        def reader(name):
            def read_it():
                read.append(name)
                if len(read) > most:
                    raise KeyboardInterrupt
                return GAMES[name]()

            return read_it

        return {name: reader(name) for name in sorted(GAMES)}

    with pytest.raises(KeyboardInterrupt):
        records.prepare_made(games(5), folder, "games", {})
    assert not (folder / "summary.json").exists()
    assert not list(folder.glob(".*"))
    finished = len(list(folder.glob("game-*.json")))
    read.clear()
    summary = records.prepare_made(games(99), folder, "games", {})
    assert 0 < finished < 12
    assert len(read) == 12 - finished
    assert summary["moments"] == 78


def test_a_folder_of_something_else_is_not_touched(prepared, tmp_path):
    with pytest.raises(ValueError, match="prepared with other n"):
        records.prepare_made(GAMES, prepared[0], "games", {"n": 2})
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ValueError, match=r"has 'letter\.txt'"):
        records.prepare_made(GAMES, tmp_path, "games", {})


def test_games_on_one_side_alone_are_told(tmp_path):
    one = next(
        name
        for name, game in GAMES.items()
        if sources.split_of(game().identity()) == sources.TRAIN
    )
    records.prepare_made({one: GAMES[one]}, tmp_path / "r", "games", {})
    moments = PreparedMoments(tmp_path / "r", 8, WIDTH)
    with pytest.raises(ValueError, match="A fifth is held out"):
        moments.heldout_moments()


def test_a_folder_of_replays(tmp_path, monkeypatch):
    monkeypatch.setattr(isolated, "_tell", made_games.tell_a_game)
    folder = tmp_path / "replays"
    (folder / "inside").mkdir(parents=True)
    names = ["a.SC2Replay", "bad.sc2replay", "inside/b.SC2Replay", "c.txt"]
    for name in names:
        (folder / name).write_bytes(b"")
    # The same game by another name, on a later day.
    (folder / "a2.SC2Replay").write_bytes(b"")
    summary = records.prepare(folder, tmp_path / "r", processes=2)
    assert summary["replays"] == 4
    assert [game["name"] for game in summary["games"]] == [
        "a.SC2Replay",
        "inside/b.SC2Replay",
    ]
    assert summary["moments"] == 4
    rows = (tmp_path / "r" / "problems.csv").read_text().splitlines()[1:]
    assert rows == [
        "a2.SC2Replay,is another recording of a.SC2Replay.,skipped",
        "bad.sc2replay,is odd.,skipped",
    ]
    plan = json.loads((tmp_path / "r" / "plan.json").read_text())
    assert plan["columns"] == list(schema.COLUMNS)
    assert plan["max_memory_bytes"] == isolated.Limits().max_memory_bytes


def test_a_game_that_is_none_leaves_no_records(tmp_path, monkeypatch):
    monkeypatch.setattr(moments, "MOST_MOMENTS", 5)
    games = {name: GAMES[name] for name in ("03", "11")}
    summary = records.prepare_made(games, tmp_path / "r", "games", {})
    assert [game["name"] for game in summary["games"]] == ["03"]
    assert not records.records_path(tmp_path / "r", 1).exists()
    problems = (tmp_path / "r" / "problems.csv").read_text()
    assert "11,has more than 5 selections.,skipped" in problems


def test_nothing_usable_is_told_with_a_reason(tmp_path):
    with pytest.raises(ValueError, match=r"None of the 1 replays .* is odd\."):
        records.prepare_made({"odd": odd}, tmp_path / "r", "games", {})
    with pytest.raises(ValueError, match="no such folder"):
        sources.find_replays(tmp_path / "nothing")
    with pytest.raises(ValueError, match="has no replays"):
        sources.find_replays(tmp_path)


def test_records_are_read_by_tensorflow_alone(prepared):
    path = records.records_path(prepared[0], 11)
    assert sum(1 for _ in tf.data.TFRecordDataset(str(path))) == 12
