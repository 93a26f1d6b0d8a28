"""What happens in a game, in plain words that come from whatever recorded it.

All that the rest of this package knows of a game; `reading` makes them of a
replay, and others may make them up.
"""

import dataclasses

from keras_perceiver.data.own_process import FileError


class ReplayError(FileError):
    """Why a game gives no selections, in words that follow "the replay"."""


@dataclasses.dataclass(frozen=True)
class Event:
    """Something at a time.

    Attributes:
        frame: a sixteenth of a second of game time.
    """

    frame: int


@dataclasses.dataclass(frozen=True)
class Appeared(Event):
    """A unit or a building begins to exist.

    Attributes:
        unit: its number.
        kind: its type, such as `"Marine"`.
        owner: number of the player; 0 for nobody.
        x: in cells of the map, from its left.
        y: from below.
        is_finished: whether it is there whole, not being built.
    """

    unit: int
    kind: str
    owner: int
    x: float
    y: float
    is_finished: bool


@dataclasses.dataclass(frozen=True)
class Finished(Event):
    """A building, or a unit that was warped in, is complete."""

    unit: int


@dataclasses.dataclass(frozen=True)
class Changed(Event):
    """A unit is of another type now: a larva an egg, a tank in siege mode."""

    unit: int
    kind: str


@dataclasses.dataclass(frozen=True)
class ChangedOwner(Event):
    """A unit belongs to somebody else now."""

    unit: int
    owner: int


@dataclasses.dataclass(frozen=True)
class Died(Event):
    """A unit exists no longer."""

    unit: int


@dataclasses.dataclass(frozen=True)
class Placed(Event):
    """Where a unit is; told of those that were damaged in the last seconds."""

    unit: int
    x: float
    y: float


@dataclasses.dataclass(frozen=True)
class Stocked(Event):
    """What a player has at that time."""

    player: int
    minerals: float
    gas: float
    supply_used: float
    supply_made: float


@dataclasses.dataclass(frozen=True)
class Selected(Event):
    """A player's selection, or one of the control groups, is another now.

    Attributes:
        player: number of the player.
        group: number of the control group; None for the selection itself.
        is_kept: whether what is listed stays and all else goes, or it goes.
        listed: places in what was selected, by ascending number of units.
        added: numbers of units.
    """

    player: int
    group: int | None
    is_kept: bool
    listed: tuple[int, ...]
    added: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Grouped(Event):
    """A control group becomes the selection, or gets it in addition.

    Attributes:
        player: number of the player.
        group: number of the control group.
        is_kept: as in `Selected`, of what was in the group.
        listed: as in `Selected`.
    """

    player: int
    group: int
    is_kept: bool
    listed: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Recalled(Event):
    """A control group's units are selected; attributes as in `Grouped`."""

    player: int
    group: int
    is_kept: bool
    listed: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Ordered(Event):
    """A player gives the selected units an order.

    Attributes:
        player: number of the player.
        x: where, in cells; None for an order without a place.
        y: as `x`.
        target: number of the unit that it is about; 0 for none.
    """

    player: int
    x: float | None
    y: float | None
    target: int


@dataclasses.dataclass(frozen=True)
class Looked(Event):
    """A player's camera shows another place; its centre is in cells."""

    player: int
    x: float
    y: float
