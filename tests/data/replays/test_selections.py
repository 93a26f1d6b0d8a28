"""Selections by hand: places are those of units in ascending order."""

import pytest

from keras_perceiver.data.replays.events import Grouped
from keras_perceiver.data.replays.events import Recalled
from keras_perceiver.data.replays.events import Selected
from keras_perceiver.data.replays.selections import Selections


def selected(is_kept, listed, added, group=None):
    return Selected(0, 1, group, is_kept, listed, added)


@pytest.mark.parametrize(
    ("is_kept", "listed", "added", "expected"),
    [
        (False, (), (5,), [3, 5, 7, 9]),
        (True, (), (5,), [5]),
        (False, (0, 2), (), [7]),
        (True, (0, 2), (), [3, 9]),
        (False, (1,), (7,), [3, 7, 9]),
        # Places beyond the selection are nobody's.
        (False, (1, 8), (), [3, 9]),
        (True, (1, 8), (), [7]),
    ],
)
def test_what_is_listed_stays_or_goes(is_kept, listed, added, expected):
    selections = Selections()
    # Not in order.
    selections.apply(selected(True, (), (9, 3, 7)))
    change = selected(is_kept, listed, added)
    assert selections.after(change) == expected
    assert selections.selected == [3, 7, 9]
    selections.apply(change)
    assert selections.selected == expected


def test_control_groups():
    selections = Selections()
    selections.apply(selected(True, (), (3, 7)))
    selections.apply(Grouped(0, 1, 4, True, ()))
    selections.apply(selected(True, (), (9,)))
    # In addition, and in place of all.
    selections.apply(Grouped(0, 1, 4, False, ()))
    selections.apply(Grouped(0, 1, 5, True, ()))
    assert selections.groups == {4: [3, 7, 9], 5: [9]}
    # One of them died.
    selections.apply(selected(False, (1,), (), group=4))
    assert selections.groups[4] == [3, 9]
    assert selections.selected == [9]
    # One of them is in a transport.
    selections.apply(Recalled(0, 1, 4, False, (0,)))
    assert selections.selected == [9]
    assert selections.groups[4] == [3, 9]
    selections.apply(Recalled(0, 1, 6, False, ()))
    assert selections.selected == []
