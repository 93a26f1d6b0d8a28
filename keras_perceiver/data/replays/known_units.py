"""What one player knows of units, as a game goes on.

The player's own units are known for as long as they exist. Replays do not say
what is seen of others' units: they are known from when the player selects
them or names them in an order, as they were then and where, and are forgotten
after a minute. Their later moves and deaths change nothing.
"""

import dataclasses

from keras_perceiver.data.replays import events
from keras_perceiver.data.replays import kinds
from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays.selections import Selections

NOBODY = 0
_REMEMBERED_FRAMES = 60 * schema.FRAMES_PER_SECOND


@dataclasses.dataclass
class Unit:
    """What is known of a unit; places are in cells, times in frames.

    Attributes:
        kind: its type.
        owner: number of the player.
        place: where it was last told to be.
        since: when it appeared or, of others, was touched.
        is_finished: whether it is complete.
        goal: where it was last sent, or None.
        ordered: when it last got an order, or None.
        selected: when it was last selected, or None.
        seen: what was looked at when it was last selected, or None.
        times_selected: how often it was.
    """

    kind: str
    owner: int
    place: tuple
    since: int
    is_finished: bool = True
    goal: tuple | None = None
    ordered: int | None = None
    selected: int | None = None
    seen: tuple | None = None
    times_selected: int = 0


class KnownUnits:
    """The units that a player knows, and what he did last.

    Args:
        player: a `Player`.
        allies: numbers of the other players of his team.

    Attributes:
        units: `Unit`s by number, own ones and others in the order in which
            they became known.
        selections: the player's `Selections`.
        past: numbers of the units of the last selections, newest first.
        camera: what is looked at, in cells; None before the first look.
        home: the place of the first town hall, or None.
        stock: the last `Stocked`, or None.
        camera_frame: when the camera moved last; None for never.
        order_frame: when the player last gave an order; None for never.
        selection_frame: when the selection last changed by the player's will.
        has_recalled: whether that was by a control group.
    """

    def __init__(self, player, allies=()):
        self.player = player
        self.allies = frozenset(allies)
        self.units = {}
        self.selections = Selections()
        self.past = []
        self.camera = self.home = self.stock = None
        self.camera_frame = self.order_frame = self.selection_frame = None
        self.has_recalled = False
        self._everything = {}

    def apply(self, event):
        """Takes any `Event`."""
        # What players do is known to themselves alone.
        if getattr(event, "player", self.player.number) == self.player.number:
            _LEARNING[type(event)](self, event)

    def forget(self, frame):
        """Forgets units of others that were touched a minute ago."""
        old = [
            number
            for number, unit in self.units.items()
            if unit.owner != self.player.number
            and frame - unit.since > _REMEMBERED_FRAMES
        ]
        for number in old:
            del self.units[number]

    def is_own(self, number):
        """Whether a unit exists and is the player's."""
        unit = self.units.get(number)
        return unit is not None and unit.owner == self.player.number

    def _see_appear(self, event):
        unit = Unit(
            event.kind,
            event.owner,
            (event.x, event.y),
            event.frame,
            event.is_finished,
        )
        self._everything[event.unit] = unit
        if unit.owner != self.player.number or not kinds.is_unit(unit.kind):
            return
        self.units[event.unit] = unit
        if self.home is None and unit.kind in kinds.TOWN_HALLS:
            self.home = unit.place

    def _see_finished(self, event):
        if event.unit in self._everything:
            self._everything[event.unit].is_finished = True

    def _see_another_kind(self, event):
        if event.unit in self._everything:
            self._everything[event.unit].kind = event.kind

    def _see_place(self, event):
        if event.unit in self._everything:
            self._everything[event.unit].place = (event.x, event.y)

    def _see_die(self, event):
        self._everything.pop(event.unit, None)
        if self.is_own(event.unit):
            del self.units[event.unit]

    def _see_another_owner(self, event):
        unit = self._everything.get(event.unit)
        if unit is None:
            return
        was_own = unit.owner == self.player.number
        unit.owner = event.owner
        if unit.owner == self.player.number:
            self.units[event.unit] = unit
        elif was_own:
            self.units.pop(event.unit, None)

    def _count_stock(self, event):
        self.stock = event

    def _look(self, event):
        self.camera = (event.x, event.y)
        self.camera_frame = event.frame

    def _order(self, event):
        self.order_frame = event.frame
        place = None if event.x is None else (event.x, event.y)
        self._touch(event.target, event.frame, place)
        for number in filter(self.is_own, self.selections.selected):
            unit = self.units[number]
            unit.ordered = event.frame
            if place is not None and not kinds.is_building(unit.kind):
                unit.goal = place

    def _group(self, event):
        self.selections.apply(event)

    def _recall(self, event):
        self.selections.apply(event)
        self._remember(event.frame, is_recalled=True)

    def _select(self, event):
        before = set(self.selections.selected)
        self.selections.apply(event)
        # What goes alone may have died.
        if event.group is None and before < {*event.added, *before}:
            self._remember(event.frame, is_recalled=False)

    def _remember(self, frame, is_recalled):
        """Keeps the selection as one that the player made."""
        selected = self.selections.selected
        self.has_recalled = is_recalled
        self.selection_frame = frame
        if self.past[:1] == [frozenset(selected)]:
            return
        self.past = [frozenset(selected), *self.past[: schema.PAST - 1]]
        for number in selected:
            self._touch(number, frame, self.camera)
            if self.is_own(number):
                unit = self.units[number]
                unit.selected = frame
                unit.seen = self.camera
                unit.times_selected += 1

    def _touch(self, number, frame, place):
        """Learns of a unit of another player as it is now."""
        unit = self._everything.get(number)
        if (
            unit is None
            or unit.owner in (NOBODY, self.player.number)
            or not kinds.is_unit(unit.kind)
        ):
            return
        known = dataclasses.replace(
            unit, place=place or self.camera or unit.place, since=frame
        )
        self.units[number] = known


_LEARNING = {
    events.Appeared: KnownUnits._see_appear,
    events.Finished: KnownUnits._see_finished,
    events.Changed: KnownUnits._see_another_kind,
    events.ChangedOwner: KnownUnits._see_another_owner,
    events.Died: KnownUnits._see_die,
    events.Placed: KnownUnits._see_place,
    events.Stocked: KnownUnits._count_stock,
    events.Selected: KnownUnits._select,
    events.Grouped: KnownUnits._group,
    events.Recalled: KnownUnits._recall,
    events.Ordered: KnownUnits._order,
    events.Looked: KnownUnits._look,
}
