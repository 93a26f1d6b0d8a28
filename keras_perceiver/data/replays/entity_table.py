"""From what a player knows of units to a table of numbers."""

import collections

import numpy as np

from keras_perceiver.data.replays import kinds
from keras_perceiver.data.replays import schema

_NUMBERS = schema.NUMBERS


def entity_table(known, frame):
    """Writes down what a player knows at a time.

    Args:
        known: `KnownUnits`.
        frame: the time.

    Returns:
        float32 `(n, len(schema.COLUMNS))`, a row for each of the known units
        in their order.
    """
    units = list(known.units.values())
    numbers = list(known.units)
    table = np.zeros((len(units), len(schema.COLUMNS)), np.float32)
    _write_units(table, known, units, frame)
    _write_places(table, known, units)
    _write_past(table, known, numbers, units, frame)
    _write_moment(table, known, frame)
    return table


def _set(table, name, values):
    table[:, _NUMBERS[name]] = values


def _write_units(table, known, units, frame):
    own = known.player.number
    types = [(unit.owner, unit.kind) for unit in units]
    counts = collections.Counter(types)
    is_own = np.array([unit.owner == own for unit in units])
    is_ally = np.array([unit.owner in known.allies for unit in units])
    _set(table, "is_own", is_own)
    _set(table, "is_ally", is_ally)
    _set(table, "is_enemy", ~is_own & ~is_ally)
    _set(table, "is_building", [kinds.is_building(u.kind) for u in units])
    _set(table, "is_finished", [unit.is_finished for unit in units])
    ages = frame - np.array([unit.since for unit in units])
    _set(table, "age", schema.seconds(ages))
    _set(table, "count_of_type", schema.count([counts[t] for t in types]))


def _write_places(table, known, units):
    places = np.array([unit.place for unit in units], float).reshape(-1, 2)
    goals = np.array([unit.goal or unit.place for unit in units], float)
    seen = np.array([unit.seen or unit.place for unit in units], float)
    # Before the first look, the game shows the player's home.
    camera = known.camera or known.home or (0.0, 0.0)
    _write_offsets(table, "{}_from_camera", "", places - camera)
    _write_offsets(table, "goal_{}_from_camera", "goal_", goals - camera)
    _write_offsets(table, "seen_{}_from_camera", "seen_", seen - camera)
    from_home = places - (known.home or (0.0, 0.0))
    for axis, name in enumerate("xy"):
        _set(table, f"{name}_from_home", schema.lengths(from_home[:, axis]))
        _set(table, name, schema.lengths(places[:, axis]))


def _write_offsets(table, axes, prefix, offsets):
    for axis, name in enumerate("xy"):
        _set(table, axes.format(name), schema.lengths(offsets[:, axis]))
    _set(table, f"{prefix}camera_distance", schema.distance(offsets))
    if f"{prefix}in_view" in _NUMBERS:
        _set(table, f"{prefix}in_view", schema.in_view(offsets))


def _write_past(table, known, numbers, units, frame):
    selected = set(known.selections.selected)
    types = {unit.kind for n, unit in known.units.items() if n in selected}
    _set(table, "was_sent", [unit.goal is not None for unit in units])
    _set(table, "since_order", _since(frame, [unit.ordered for unit in units]))
    times = [unit.selected for unit in units]
    _set(table, "since_selected", _since(frame, times))
    times = schema.count([unit.times_selected for unit in units])
    _set(table, "times_selected", times)
    _set(table, "is_type_of_last", [unit.kind in types for unit in units])
    # What is selected right now, whether or not some of it died since.
    past = [selected, *known.past[1:]]
    for place, members in enumerate(past, start=1):
        name = f"in_selection_{place}"
        _set(table, name, [number in members for number in numbers])
    for group, members in known.selections.groups.items():
        if f"in_group_{group}" in _NUMBERS:
            members = set(members)
            name = f"in_group_{group}"
            _set(table, name, [number in members for number in numbers])


def _since(frame, times):
    """Scaled seconds since times, of which some are None."""
    return [
        schema.NEVER if time is None else schema.seconds(frame - time)
        for time in times
    ]


def _write_moment(table, known, frame):
    own = sum(map(known.is_own, known.units))
    _set(table, "game_time", frame / schema.FRAMES_PER_SECOND / 1024)
    _set(table, "num_own", schema.count(own))
    selected = len(known.selections.selected)
    _set(table, "num_selected", schema.count(selected))
    for name, time in (
        ("since_selection", known.selection_frame),
        ("since_camera", known.camera_frame),
        ("since_last_order", known.order_frame),
    ):
        _set(table, name, _since(frame, [time])[0])
    _set(table, "has_recalled", known.has_recalled)
    stock = known.stock
    if stock is not None:
        _set(table, "minerals", schema.count(max(stock.minerals, 0)))
        _set(table, "gas", schema.count(max(stock.gas, 0)))
        _set(table, "supply_used", stock.supply_used / 200)
        left = stock.supply_made - stock.supply_used
        _set(table, "supply_left", left / 32)
