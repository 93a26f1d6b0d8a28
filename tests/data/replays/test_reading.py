"""Replays in the words of sc2reader, made up and real."""

import os
import types

import numpy as np
import pytest

from keras_perceiver.data.replays import isolated
from keras_perceiver.data.replays import reading
from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays.events import ReplayError
from keras_perceiver.data.replays.moments import Moments
from tests.data.replays import made_games


def named(name, **fields):
    return types.SimpleNamespace(name=name, **fields)


def replay(**changed):
    players = [
        types.SimpleNamespace(
            uid=5 + number,
            pid=number,
            is_human=True,
            play_race="Zerg",
            team_id=number,
        )
        for number in (1, 2)
    ]
    fields = {
        "players": players,
        "map_name": "a map",
        "tracker_events": [
            named(
                "UnitBornEvent",
                frame=0,
                unit_id=(3 << 18) + 1,
                unit_id_index=3,
                unit_type_name="Drone",
                control_pid=1,
                x=20,
                y=30,
            ),
            named(
                "UnitPositionsEvent",
                frame=9,
                positions=[(3, (24, 31)), (8, (1, 1))],
            ),
        ],
        "game_events": [],
    }
    return types.SimpleNamespace(**{**fields, **changed})


def selection(frame, pid, mask_type, mask_data, added, group=10):
    return named(
        "SelectionEvent",
        frame=frame,
        pid=pid,
        control_group=group,
        mask_type=mask_type,
        mask_data=mask_data,
        new_unit_ids=added,
    )


def told(**changed):
    events = reading._game_of(replay(**changed)).events
    return [(type(one).__name__, *vars(one).values()) for one in events]


def test_the_games_words_and_the_players_become_ours():
    number = (3 << 18) + 1
    events = told(
        game_events=[
            selection(4, 6, "None", None, [number]),
            selection(5, 6, "Mask", [True, False, True], [], group=3),
            selection(6, 7, "OneIndices", [1], []),
            selection(7, 6, "ZeroIndices", [0], []),
            # Of somebody who watches.
            selection(8, 99, "None", None, [number]),
            named("CameraEvent", frame=8, pid=6, x=1.5, y=2.5),
        ]
    )
    assert events == [
        ("Appeared", 0, number, "Drone", 1, 20, 30, True),
        ("Selected", 4, 1, None, False, (), (number,)),
        ("Selected", 5, 1, 3, False, (0, 2), ()),
        ("Selected", 6, 2, None, False, (1,), ()),
        ("Selected", 7, 1, None, True, (0,), ()),
        ("Looked", 8, 1, 1.5, 2.5),
        # Of index 8, nothing is known.
        ("Placed", 9, number, 24, 31),
    ]


@pytest.mark.parametrize(
    ("update_type", "name", "expected"),
    [
        (0, "SetControlGroupEvent", ("Grouped", 4, 1, 2, True, ())),
        (1, "AddToControlGroupEvent", ("Grouped", 4, 1, 2, False, (0,))),
        (2, "GetControlGroupEvent", ("Recalled", 4, 1, 2, False, (0,))),
        (3, "DeleteControlGroupEvent", ("Selected", 4, 1, 2, True, (), ())),
        (4, "SetControlGroupEvent", ("Grouped", 4, 1, 2, True, ())),
    ],
)
def test_control_groups(update_type, name, expected):
    event = named(
        name,
        frame=4,
        pid=6,
        control_group=2,
        update_type=update_type,
        mask_type="OneIndices",
        mask_data=[0],
    )
    assert told(game_events=[event])[1] == expected


def test_odd_replays_are_told_by_their_oddity():
    for changed, said in (
        ({"players": []}, "has no players"),
        ({"tracker_events": []}, "no tracker events"),
        (
            {"game_events": [named("HijackReplayGameEvent", pid=1)]},
            "was resumed",
        ),
    ):
        with pytest.raises(ReplayError, match=said):
            told(**changed)
    odd = replay()
    odd.players[1].is_human = False
    with pytest.raises(ReplayError, match="has computer players, 1 of them"):
        reading._game_of(odd)


@pytest.mark.parametrize(
    "content",
    [b"", b"no replay", b"MPQ\x1b" + bytes(200), bytes(range(256)) * 9],
)
def test_what_is_no_replay_is_told(tmp_path, content):
    path = tmp_path / "a.SC2Replay"
    path.write_bytes(content)
    with pytest.raises(ReplayError, match="cannot be read"):
        reading.read_game(path)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (made_games.crash, "crash .exit code -11"),
        (made_games.babble, "in no known words"),
    ],
)
def test_a_crash_is_not_ours(tmp_path, monkeypatch, target, said):
    monkeypatch.setattr(isolated, "_tell", target)
    with pytest.raises(ReplayError, match=said):
        isolated.read_game(tmp_path / "a.SC2Replay")


def test_limits_are_kept(tmp_path):
    path = tmp_path / "a.SC2Replay"
    path.write_bytes(b"no replay")
    with pytest.raises(ReplayError, match="cannot be read"):
        isolated.read_game(path)
    # Nobody writes into it, so that reading never ends.
    os.mkfifo(tmp_path / "b.SC2Replay")
    with pytest.raises(ReplayError, match=r"within 0\.001 s"):
        isolated.read_game(
            tmp_path / "b.SC2Replay", isolated.Limits(max_waiting_seconds=1e-3)
        )
    with pytest.raises(ReplayError, match="crash"):
        isolated.read_game(path, isolated.Limits(max_told_bytes=8))
    with pytest.raises(ValueError, match="max_memory_bytes is positive"):
        isolated.Limits(max_memory_bytes=0)


def test_a_real_game_by_hand(data_dir):
    """Counted in the list of its events: the first minutes of player 1."""
    path = data_dir / "starcraft" / "2.0.8.25605_ggtracker_3663861.SC2Replay"
    game = isolated.read_game(path)
    assert game == reading.read_game(path)
    assert game.map_name == "Derelict Watcher TE"
    assert [one.race for one in game.players] == ["Terran", "Terran"]
    own = [moment for moment in Moments(game) if moment.player == 1]
    hall, scout, builder = 0x2780001, 0x2900001, 0x2B00001
    expected = [
        # Frame, what is selected, and how many units there are.
        (16, hall, 7),
        (436, scout, 8),
        (570, hall, 9),
        (628, builder, 9),
        (869, hall, 10),
        (1098, scout, 10),
        (1289, hall, 10),
    ]
    for moment, (frame, unit, count) in zip(own, expected, strict=False):
        assert (moment.frame, len(moment.units)) == (frame, count)
        assert np.array(moment.units)[moment.selected].tolist() == [unit]
    first, last = own[0], own[6]
    assert sorted(first.kinds) == ["CommandCenter", *["SCV"] * 6]
    row = dict(
        zip(schema.COLUMNS, first.table[first.units.index(hall)], strict=True)
    )
    assert (row["x"], row["y"]) == (24 / 32, 16 / 32)
    assert row["is_building"] == 1
    depots = [
        moment.table[moment.kinds.index("SupplyDepot")] for moment in own[4:7]
    ]
    finished = [row[schema.NUMBERS["is_finished"]] for row in depots]
    assert finished == [0, 0, 1]
    scouting = last.table[last.units.index(scout)]
    # Selected at 1,098, and sent for the last time at 1,262.
    assert scouting[schema.NUMBERS["since_selected"]] == pytest.approx(
        np.log1p((1289 - 1098) / 16) / 8
    )
    assert scouting[schema.NUMBERS["since_order"]] == pytest.approx(
        np.log1p((1289 - 1262) / 16) / 8
    )
    assert scouting[schema.NUMBERS["in_selection_1"]] == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2.0.11.26825_bad_unit_ids_1", "was resumed"),
        ("4.1.2.60604_1", "no tracker events"),
        ("4.7.0.70154_1", "has computer players, 1"),
    ],
)
def test_odd_real_replays(data_dir, name, said):
    path = data_dir / "starcraft" / f"{name}.SC2Replay"
    with pytest.raises(ReplayError, match=said):
        isolated.read_game(path)


def test_a_damaged_real_replay_is_told(data_dir, tmp_path):
    whole = data_dir / "starcraft" / "3.12_Honorgrounds.SC2Replay"
    content = bytearray(whole.read_bytes())
    content[3_000:9_000] = bytes(6_000)
    damaged = tmp_path / "a.SC2Replay"
    damaged.write_bytes(content)
    with pytest.raises(ReplayError, match="cannot be read"):
        isolated.read_game(damaged)
