"""From a replay file to a `Game`, by sc2reader.

Only what sc2reader takes from the file is asked for: its caches, its downloads
and its own plugins stay out.
"""

from keras_perceiver import errors
from keras_perceiver.data.replays.events import Appeared
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
from keras_perceiver.data.replays.game import Game
from keras_perceiver.data.replays.game import Player
from keras_perceiver.data.replays.game import in_order

# Of the active selection, among the numbers of control groups.
_SELECTION = 10
_GROUPING = (0, 1, 4, 5)
_RECALLING = 2
_DELETING = 3
# What a tracker event counts units by.
_INDEX_SHIFT = 18


def read_game(path):
    """Reads a replay in this process; see `isolated` for others' files.

    Args:
        path: the file.

    Returns:
        A `Game` of human players.

    Raises:
        ReplayError: if it is damaged, was resumed, has computer players, or
            does not tell of units.
        ImportError: if sc2reader is missing.
    """
    resources = errors.import_extra("sc2reader.resources", "starcraft")
    try:
        with open(path, "rb") as content:
            # Without its engine: sc2reader's plugins trust what they read.
            replay = resources.Replay(content, engine=None, debug=False)
            return _game_of(replay)
    except (ReplayError, MemoryError, ImportError):
        raise
    # A damaged file makes sc2reader raise about anything.
    except Exception as error:
        words = errors.printable(str(error))[:200]
        raise ReplayError(
            f"cannot be read: {type(error).__name__} {words}"
        ) from None


def _game_of(replay):
    players = _players(replay)
    if not replay.tracker_events:
        raise ReplayError("has no tracker events, which tell of units.")
    if any(one.name == "HijackReplayGameEvent" for one in replay.game_events):
        raise ReplayError("was resumed from another: it does not tell all.")
    numbers = {player.uid: player.pid for player in replay.players}
    events = list(_told_by_the_game(replay.tracker_events))
    for event in replay.game_events:
        if event.pid in numbers:
            events += _told_by_players(event, numbers[event.pid])
    return Game(replay.map_name, players, in_order(events))


def _players(replay):
    if not replay.players:
        raise ReplayError("has no players.")
    computers = sum(not player.is_human for player in replay.players)
    if computers:
        raise ReplayError(f"has computer players, {computers} of them.")
    return [
        Player(player.pid, str(player.play_race), player.team_id)
        for player in replay.players
    ]


def _told_by_the_game(tracker_events):
    by_index = {}
    for event in tracker_events:
        unit = getattr(event, "unit_id", None)
        # Numbers are used again: an index is that of the newest.
        if unit is not None:
            by_index[event.unit_id_index] = unit
        match event.name:
            case "UnitBornEvent" | "UnitInitEvent":
                yield Appeared(
                    event.frame,
                    unit,
                    event.unit_type_name,
                    event.control_pid,
                    event.x,
                    event.y,
                    event.name == "UnitBornEvent",
                )
            case "UnitDoneEvent":
                yield Finished(event.frame, unit)
            case "UnitTypeChangeEvent":
                yield Changed(event.frame, unit, event.unit_type_name)
            case "UnitOwnerChangeEvent":
                yield ChangedOwner(event.frame, unit, event.control_pid)
            case "UnitDiedEvent":
                yield Died(event.frame, unit)
            case "UnitPositionsEvent":
                for index, (x, y) in event.positions:
                    if index in by_index:
                        yield Placed(event.frame, by_index[index], x, y)
            case "PlayerStatsEvent":
                yield Stocked(
                    event.frame,
                    event.pid,
                    event.minerals_current,
                    event.vespene_current,
                    event.food_used,
                    event.food_made,
                )


def _told_by_players(event, player):
    match event.name:
        case "SelectionEvent":
            group = event.control_group
            yield Selected(
                event.frame,
                player,
                None if group == _SELECTION else group,
                *_listed(event),
                tuple(event.new_unit_ids),
            )
        case "CameraEvent":
            yield Looked(event.frame, player, event.x, event.y)
        case name if name.endswith("ControlGroupEvent"):
            yield from _control_group(event, player)
        case "TargetPointCommandEvent":
            yield Ordered(event.frame, player, event.x, event.y, 0)
        case "TargetUnitCommandEvent":
            target = event.target_unit_id or 0
            yield Ordered(event.frame, player, event.x, event.y, target)
        case "BasicCommandEvent" | "DataCommandEvent":
            yield Ordered(event.frame, player, None, None, 0)


def _control_group(event, player):
    place = (event.frame, player, event.control_group)
    if event.update_type == _RECALLING:
        yield Recalled(*place, *_listed(event))
    elif event.update_type == _DELETING:
        # All of it goes, since nothing is listed to stay.
        yield Selected(*place, True, (), ())
    elif event.update_type in _GROUPING:
        is_new = event.update_type in (0, 4)
        yield Grouped(*place, *((True, ()) if is_new else _listed(event)))


def _listed(event):
    """`is_kept` and `listed` of a `Selected`."""
    places = event.mask_data or ()
    if event.mask_type == "Mask":
        places = [place for place, is_set in enumerate(places) if is_set]
    return event.mask_type == "ZeroIndices", tuple(places)
