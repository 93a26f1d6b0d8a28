"""What a player has selected, and in control groups."""

from keras_perceiver.data.replays.events import Grouped
from keras_perceiver.data.replays.events import Recalled
from keras_perceiver.data.replays.events import Selected


class Selections:
    """Selection and control groups of one player, as the game changes them.

    The game says of a change which places of the old selection stay or go,
    where units are in order of their numbers, and which units come.
    """

    def __init__(self):
        self.selected = []
        self.groups = {}

    def apply(self, event):
        """Takes a `Selected`, a `Grouped` or a `Recalled`."""
        change = {
            Selected: self._select,
            Grouped: self._group,
            Recalled: self._recall,
        }
        change[type(event)](event)

    def after(self, event):
        """Returns the selection behind a `Selected` of no group."""
        return changed(self.selected, event, event.added)

    def _select(self, event):
        if event.group is None:
            self.selected = self.after(event)
            return
        group = self.groups.get(event.group, [])
        self.groups[event.group] = changed(group, event, event.added)

    def _group(self, event):
        group = self.groups.get(event.group, [])
        self.groups[event.group] = changed(group, event, self.selected)

    def _recall(self, event):
        self.selected = changed(self.groups.get(event.group, []), event, ())


def changed(units, event, added):
    """Returns units, ascending, some of which went and to which some came.

    Args:
        units: list of numbers, ascending.
        event: its `is_kept` and `listed` say which go.
        added: numbers of units.
    """
    listed = set(event.listed)
    left = [
        unit
        for place, unit in enumerate(units)
        if (place in listed) == event.is_kept
    ]
    return sorted({*left, *added})
