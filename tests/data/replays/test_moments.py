"""What a player knew at each selection, by hand."""

import dataclasses

import numpy as np
import pytest

from keras_perceiver.data.replays import moments
from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays.events import Changed
from keras_perceiver.data.replays.events import ChangedOwner
from keras_perceiver.data.replays.events import Died
from keras_perceiver.data.replays.events import Finished
from keras_perceiver.data.replays.events import Grouped
from keras_perceiver.data.replays.events import Looked
from keras_perceiver.data.replays.events import Ordered
from keras_perceiver.data.replays.events import Placed
from keras_perceiver.data.replays.events import Recalled
from keras_perceiver.data.replays.events import ReplayError
from keras_perceiver.data.replays.events import Selected
from keras_perceiver.data.replays.events import Stocked
from keras_perceiver.data.replays.game import Player
from keras_perceiver.data.replays.moments import Moments
from tests.data.replays import made_games
from tests.data.replays.made_games import BEACON
from tests.data.replays.made_games import HALL
from tests.data.replays.made_games import MARINE
from tests.data.replays.made_games import OTHER_WORKER
from tests.data.replays.made_games import THEIR_DRONE
from tests.data.replays.made_games import THEIR_HALL
from tests.data.replays.made_games import WORKER
from tests.data.replays.made_games import appeared
from tests.data.replays.made_games import select


def moments_of(*events, **others):
    return list(Moments(made_games.game(*events, **others)))


def value(moment, unit, column):
    row = moment.units.index(unit)
    return moment.table[row, schema.NUMBERS[column]]


def test_own_units_are_known_and_what_was_selected():
    first, second = moments_of(
        select(40, WORKER), select(60, HALL, OTHER_WORKER)
    )
    assert first.units == second.units == [HALL, WORKER, OTHER_WORKER]
    assert first.kinds == ["CommandCenter", "SCV", "SCV"]
    assert first.selected.tolist() == [False, True, False]
    assert second.selected.tolist() == [True, False, True]
    assert (first.frame, first.player) == (40, 1)
    assert value(first, HALL, "is_building") == 1
    assert value(first, WORKER, "is_building") == 0
    assert value(first, WORKER, "is_own") == 1
    assert value(first, WORKER, "is_ally") == 0
    assert value(first, WORKER, "is_enemy") == 0
    assert value(first, WORKER, "age") == pytest.approx(np.log1p(40 / 16) / 8)
    assert value(first, WORKER, "count_of_type") == pytest.approx(
        np.log1p(2) / 8
    )
    assert value(first, WORKER, "game_time") == pytest.approx(2.5 / 1024)


def test_what_was_selected_before_is_known():
    _, _, third, fourth = moments_of(
        select(40, WORKER),
        select(72, HALL),
        select(104, OTHER_WORKER),
        select(120, WORKER, OTHER_WORKER),
    )
    assert value(third, HALL, "in_selection_1") == 1
    assert value(third, WORKER, "in_selection_1") == 0
    assert value(third, WORKER, "in_selection_2") == 1
    assert value(third, WORKER, "times_selected") == pytest.approx(
        np.log1p(1) / 8
    )
    assert value(third, WORKER, "since_selected") == pytest.approx(
        np.log1p(4) / 8
    )
    assert value(third, OTHER_WORKER, "since_selected") == schema.NEVER
    assert value(third, WORKER, "is_type_of_last") == 0
    assert value(third, WORKER, "since_selection") == pytest.approx(
        np.log1p(2) / 8
    )
    assert value(fourth, WORKER, "in_selection_3") == 1
    assert value(fourth, WORKER, "is_type_of_last") == 1
    assert value(fourth, WORKER, "num_selected") == pytest.approx(
        np.log1p(1) / 8
    )


def test_places_go_by_what_is_looked_at():
    (moment,) = moments_of(
        Looked(30, 1, 26.0, 28.0),
        # What the other one looks at is none of his business.
        Looked(31, 2, 90.0, 90.0),
        Placed(32, WORKER, 29.0, 32.0),
        select(40, WORKER),
    )
    assert value(moment, WORKER, "x") == pytest.approx(29 / 32)
    assert value(moment, WORKER, "x_from_camera") == pytest.approx(3 / 32)
    assert value(moment, WORKER, "y_from_camera") == pytest.approx(4 / 32)
    assert value(moment, WORKER, "camera_distance") == pytest.approx(
        np.log1p(5) / 4
    )
    assert value(moment, WORKER, "in_view") == 1
    assert value(moment, WORKER, "x_from_home") == pytest.approx(9 / 32)
    assert value(moment, WORKER, "since_camera") == pytest.approx(
        np.log1p(10 / 16) / 8
    )


def test_orders_say_where_units_go():
    _, moment = moments_of(
        Looked(30, 1, 26.0, 28.0),
        select(40, HALL, WORKER),
        Ordered(44, 1, 50.0, 60.0, 0),
        Ordered(48, 1, None, None, 0),
        Looked(50, 1, 48.0, 60.0),
        select(64, OTHER_WORKER),
    )
    assert value(moment, WORKER, "was_sent") == 1
    assert value(moment, WORKER, "goal_x_from_camera") == pytest.approx(2 / 32)
    assert value(moment, WORKER, "goal_in_view") == 1
    assert value(moment, WORKER, "in_view") == 0
    assert value(moment, WORKER, "seen_x_from_camera") == pytest.approx(
        -22 / 32
    )
    assert value(moment, WORKER, "since_order") == pytest.approx(
        np.log1p(1) / 8
    )
    # A building gets a rally point, and stays.
    assert value(moment, HALL, "was_sent") == 0
    assert value(moment, OTHER_WORKER, "since_order") == schema.NEVER
    assert value(moment, WORKER, "since_last_order") == pytest.approx(
        np.log1p(1) / 8
    )


def test_units_come_change_and_go():
    _, moment, last = moments_of(
        appeared(10, MARINE, "SupplyDepot", is_finished=False),
        select(40, HALL),
        Changed(50, WORKER, "Probe"),
        Died(52, OTHER_WORKER),
        ChangedOwner(53, THEIR_DRONE, 1),
        select(60, WORKER),
        Finished(62, MARINE),
        ChangedOwner(63, THEIR_DRONE, 2),
        select(70, HALL),
    )
    assert moment.units == [HALL, WORKER, MARINE, THEIR_DRONE]
    assert moment.kinds == ["CommandCenter", "Probe", "SupplyDepot", "Drone"]
    assert value(moment, MARINE, "is_finished") == 0
    assert last.units == [HALL, WORKER, MARINE]
    assert value(last, MARINE, "is_finished") == 1


def test_stock_is_the_players_own():
    (moment,) = moments_of(
        Stocked(20, 1, 99.0, 0.0, 6.0, 14.0),
        Stocked(21, 2, 500.0, 9.0, 50.0, 60.0),
        select(40, WORKER),
    )
    assert value(moment, WORKER, "minerals") == pytest.approx(np.log(100) / 8)
    assert value(moment, WORKER, "supply_used") == pytest.approx(0.03)
    assert value(moment, WORKER, "supply_left") == pytest.approx(0.25)


def test_control_groups_are_known_and_recalls_are_no_moments():
    _, _, moment = moments_of(
        select(40, WORKER),
        Grouped(44, 1, 3, True, ()),
        select(50, HALL),
        Recalled(60, 1, 3, False, ()),
        select(70, OTHER_WORKER),
    )
    assert moment.frame == 70
    assert value(moment, WORKER, "in_group_3") == 1
    assert value(moment, HALL, "in_group_3") == 0
    assert value(moment, WORKER, "in_selection_1") == 1
    assert value(moment, HALL, "in_selection_2") == 1
    assert value(moment, WORKER, "has_recalled") == 1


def test_others_units_are_known_from_when_they_are_touched():
    """Where and what they were then, for a minute."""
    found = moments_of(
        Looked(30, 1, 85.0, 80.0),
        select(40, WORKER),
        Ordered(44, 1, 87.0, 81.0, THEIR_DRONE),
        # Nobody sees it.
        Changed(50, THEIR_DRONE, "Extractor"),
        Died(51, THEIR_DRONE),
        select(60, HALL),
        select(44 + 16 * 60, WORKER),
        select(45 + 16 * 60, HALL),
    )
    known = [THEIR_DRONE in moment.units for moment in found]
    assert known == [False, True, True, False]
    moment = found[1]
    assert value(moment, THEIR_DRONE, "is_enemy") == 1
    assert value(moment, THEIR_DRONE, "x") == pytest.approx(87 / 32)
    assert moment.kinds[moment.units.index(THEIR_DRONE)] == "Drone"


def test_allies_are_told_from_enemies():
    players = [Player(1, "Terran", 1), Player(2, "Zerg", 1)]
    _, moment = moments_of(
        select(40, WORKER),
        Ordered(44, 1, 87.0, 81.0, THEIR_DRONE),
        select(60, HALL),
        players=players,
    )
    assert value(moment, THEIR_DRONE, "is_ally") == 1
    assert value(moment, THEIR_DRONE, "is_enemy") == 0
    assert value(moment, WORKER, "is_ally") == 0


def test_nothing_of_the_choice_or_the_future_is_told():
    past = [Looked(30, 1, 26.0, 28.0), select(40, WORKER)]
    one = moments_of(*past, select(60, HALL))[-1]
    other = moments_of(
        *past,
        select(60, OTHER_WORKER),
        # In the same frame, and later.
        Died(60, WORKER),
        Placed(60, WORKER, 1.0, 1.0),
        appeared(60, MARINE, "Marine"),
        Looked(61, 1, 0.0, 0.0),
    )[1]
    assert one.units == other.units
    np.testing.assert_array_equal(one.table, other.table)
    assert one.selected.tolist() != other.selected.tolist()


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Selected(60, 1, None, False, (0,), ()), moments.NOTHING_NEW),
        (Selected(60, 1, None, False, (0,), (WORKER,)), moments.NOTHING_NEW),
        (select(60, THEIR_HALL), moments.NOT_OWN),
        (select(60, BEACON), moments.NOT_OWN),
        (select(60, 999), moments.NOT_OWN),
        (select(60, MARINE), moments.TOO_NEW),
    ],
)
def test_what_is_no_choice_is_counted(event, reason):
    made = Moments(
        made_games.game(
            select(40, WORKER), appeared(50, MARINE, "Marine"), event
        )
    )
    assert [moment.frame for moment in made] == [40]
    assert made.left_out == {reason: 1}
    # Taken again, the same.
    assert len(list(made)) == 1
    assert made.left_out == {reason: 1}


def test_more_units_than_models_take_are_counted():
    units = [appeared(1, 100 + n, "Marine") for n in range(510)]
    made = Moments(made_games.game(*units, select(40, WORKER)))
    assert list(made) == []
    assert made.left_out == {moments.TOO_MANY: 1}
    made = Moments(made_games.game(*units[:509], select(40, WORKER)))
    (moment,) = made
    assert moment.table.shape == (512, len(schema.COLUMNS))


def test_games_that_are_none_are_refused(monkeypatch):
    """A file may tell of so much that nobody could wait for it."""
    monkeypatch.setattr(moments, "MOST_MOMENTS", 3)
    many = [select(40 + n, WORKER) for n in range(4)]
    with pytest.raises(ReplayError, match="more than 3 selections"):
        moments_of(*many)
    assert len(moments_of(*many[:3])) == 1
    monkeypatch.setattr(moments, "MOST_SELECTED", 2)
    with pytest.raises(ReplayError, match="selects more units than a game"):
        moments_of(select(40, WORKER, HALL, OTHER_WORKER))


def test_moments_of_both_players_come_in_order():
    found = moments_of(select(50, THEIR_DRONE, player=2), select(40, WORKER))
    assert [(one.frame, one.player) for one in found] == [(40, 1), (50, 2)]
    assert found[1].units == [THEIR_HALL, THEIR_DRONE]


def test_entities_are_the_table_and_a_code_of_the_type():
    (moment,) = moments_of(select(40, WORKER))
    entities = moment.entities(96)
    columns = len(schema.COLUMNS)
    assert entities.shape == (3, 96)
    np.testing.assert_allclose(entities[:, :columns], moment.table, rtol=1e-3)
    np.testing.assert_array_equal(
        entities[0, columns:],
        schema.signs(schema.type_code("CommandCenter")[None], 96 - columns)[0],
    )
    np.testing.assert_array_equal(entities[1, columns:], entities[2, columns:])


def test_a_moment_cannot_be_changed_by_accident():
    (moment,) = moments_of(select(40, WORKER))
    with pytest.raises(dataclasses.FrozenInstanceError):
        moment.frame = 3
