"""A whole game: who plays, and all that happens.

Games pass between processes as JSON.
"""

import dataclasses
import hashlib
import json
import types
import typing

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

# Far beyond any game, so that no number of a file overflows what it becomes.
_LARGEST_INT = 2**53
_LARGEST_FLOAT = 2**19
_LAST_FRAME = 2**26
_MOST_LISTED = 1024
_MOST_SAID = 200
_BY_PLAYERS = (Selected, Grouped, Recalled, Ordered, Looked)
_BY_THE_GAME = (
    Appeared,
    Finished,
    Changed,
    ChangedOwner,
    Died,
    Placed,
    Stocked,
)
_KINDS = {kind.__name__: kind for kind in (*_BY_PLAYERS, *_BY_THE_GAME)}


@dataclasses.dataclass(frozen=True)
class Player:
    """Who plays.

    Attributes:
        number: what units know their owner by.
        race: such as `"Zerg"`.
        team: number of the team.
    """

    number: int
    race: str
    team: int


@dataclasses.dataclass(frozen=True)
class Game:
    """All of a game.

    Attributes:
        map_name: as the players saw it.
        players: list of `Player`s, all of them human.
        events: list of `Event`s. In each frame, what players do comes before
            what the game tells, since that is known a frame later.
    """

    map_name: str
    players: list
    events: list

    def identity(self):
        """Returns a SHA-256 of what the game tells.

        Recordings by several players of one game have the same.
        """
        digest = hashlib.sha256()
        for event in self.events:
            if isinstance(event, _BY_THE_GAME):
                digest.update(json.dumps(_as_list(event)).encode())
        return digest.hexdigest()

    def as_json(self):
        """Returns the game ready for JSON; `from_json` reads it."""
        return {
            "map_name": self.map_name,
            "players": [dataclasses.astuple(one) for one in self.players],
            "events": [_as_list(event) for event in self.events],
        }

    @classmethod
    def from_json(cls, content):
        """Returns a game that another process told, which nobody trusts.

        Raises:
            ReplayError: if it is not of that form.
        """
        try:
            events = [_event(*words) for words in content["events"]]
            players = [
                _checked(Player, fields) for fields in content["players"]
            ]
            map_name = str(content["map_name"])
        except (KeyError, TypeError, ValueError) as error:
            raise ReplayError(f"is told in no known words: {error}.") from None
        return cls(map_name, players, in_order(events))


def in_order(events):
    """Returns events by frame, what players do first; else as they came."""
    return sorted(
        events,
        key=lambda event: (event.frame, isinstance(event, _BY_THE_GAME)),
    )


def _as_list(event):
    return [type(event).__name__, *dataclasses.astuple(event)]


def _event(name, *fields):
    return _checked(_KINDS[name], fields)


def _checked(kind, fields):
    hints = _HINTS[kind]
    if len(fields) != len(hints) or not all(map(_is_a, fields, hints)):
        raise ValueError(f"{kind.__name__}{tuple(fields)}"[:_MOST_SAID])
    if kind is not Player and not 0 <= fields[0] <= _LAST_FRAME:
        raise ValueError(f"frame {fields[0]}")
    # JSON knows no tuples.
    return kind(
        *(tuple(one) if isinstance(one, list) else one for one in fields)
    )


def _is_a(value, hint):
    if typing.get_origin(hint) is tuple:
        return (
            isinstance(value, list | tuple)
            and len(value) <= _MOST_LISTED
            and all(_is_a(one, int) for one in value)
        )
    if isinstance(hint, types.UnionType):
        return any(_is_a(value, one) for one in typing.get_args(hint))
    if hint is float:
        # What is not finite is within no bounds either.
        return type(value) in (int, float) and abs(value) <= _LARGEST_FLOAT
    if hint is int:
        return type(value) is int and abs(value) <= _LARGEST_INT
    return type(value) is hint


_HINTS = {
    kind: list(typing.get_type_hints(kind).values())
    for kind in (*_KINDS.values(), Player)
}
