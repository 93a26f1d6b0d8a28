"""The moments of a game at which somebody chose units."""

import collections
import dataclasses

import numpy as np

from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays.entity_table import entity_table
from keras_perceiver.data.replays.events import ReplayError
from keras_perceiver.data.replays.events import Selected
from keras_perceiver.data.replays.known_units import KnownUnits

# A unit that is selected sooner came out of one that was: the game did it.
_LEAST_AGE = 16
NOTHING_NEW = "nothing was added to the selection"
NOT_OWN = "not the player's own units"
TOO_NEW = "units that appeared in the last second"
# Games have about a thousand, and tens of selected units.
MOST_MOMENTS = 20_000
MOST_SELECTED = 1_024
TOO_MANY = f"more than {schema.MAX_ENTITIES} units are known"


@dataclasses.dataclass(frozen=True, eq=False)
class Moment:
    """What a player knew, and what he selected then.

    Attributes:
        frame: when.
        player: number of the player.
        kinds: the types of the known units, list of strings.
        units: their numbers.
        table: float32 `(n, len(schema.COLUMNS))`, see `schema`.
        selected: bool `(n,)`.
    """

    frame: int
    player: int
    kinds: list
    units: list
    table: np.ndarray
    selected: np.ndarray

    def entities(self, entity_dim):
        """Returns what models take, as training reads it from records.

        Args:
            entity_dim: C, the columns of `schema` and a code of the type.

        Returns:
            float32 `(n, C)`.
        """
        codes = np.array([schema.type_code(kind) for kind in self.kinds])
        signs = schema.signs(codes, schema.code_width(entity_dim))
        table = self.table.astype("float16").astype("float32")
        return np.concatenate([table, signs], axis=1)


class Moments:
    """The moments at which the players of a game selected units.

    A moment is a change of the selection that adds units of the player, each
    a second old at least. What only takes units away is none: the game does
    that by itself where units die or board. Control groups that are recalled
    are none, but are told as what was selected before.

    Args:
        game: a `Game`.

    Attributes:
        left_out: how many changes were no moments, by the reason; known when
            all moments were taken.
    """

    def __init__(self, game):
        self._game = game
        self.left_out = collections.Counter()

    def __iter__(self):
        """Yields `Moment`s in the order of time.

        Raises:
            ReplayError: if there are more, or larger selections, than any
                game has.
        """
        count = 0
        known = [
            KnownUnits(player, _allies(player, self._game.players))
            for player in self._game.players
        ]
        self.left_out.clear()
        for event in self._game.events:
            if isinstance(event, Selected) and event.group is None:
                for one in known:
                    if one.player.number == event.player:
                        yield from self._moment(one, event)
                count += 1
            for one in known:
                one.apply(event)
                if len(one.selections.selected) > MOST_SELECTED:
                    raise ReplayError("selects more units than a game has.")
            if count > MOST_MOMENTS:
                raise ReplayError(f"has more than {MOST_MOMENTS:,} selections.")

    def _moment(self, known, event):
        after = known.selections.after(event)
        reason = _why_not(known, event, after)
        if reason:
            self.left_out[reason] += 1
            return
        chosen = set(after)
        yield Moment(
            event.frame,
            event.player,
            [unit.kind for unit in known.units.values()],
            list(known.units),
            entity_table(known, event.frame),
            np.array([number in chosen for number in known.units]),
        )


def _why_not(known, event, after):
    added = set(after) - set(known.selections.selected)
    if not added:
        return NOTHING_NEW
    if not all(map(known.is_own, added)):
        return NOT_OWN
    if any(event.frame - known.units[n].since < _LEAST_AGE for n in added):
        return TOO_NEW
    known.forget(event.frame)
    if len(known.units) > schema.MAX_ENTITIES:
        return TOO_MANY
    return None


def _allies(player, players):
    return {one.number for one in players if one.team == player.team} - {
        player.number
    }
