"""What the made-up games are, and that all of them are made once."""

import numpy as np
import pytest

from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays.moments import Moments
from recipes.starcraft import skirmishes


@pytest.fixture(scope="module")
def moments():
    made = Moments(skirmishes.make_game(0))
    found = list(made)
    # Every selection of theirs that is another one is a moment.
    assert set(made.left_out) <= {"nothing was added to the selection"}
    return found


def test_a_game_is_always_the_same():
    one, again = skirmishes.make_game(3), skirmishes.make_game(3)
    assert one == again
    assert one.identity() != skirmishes.make_game(4).identity()


def test_barracks_are_selected_where_there_are_minerals(moments):
    """The rules can be read from what players know."""
    columns = schema.NUMBERS
    kinds_seen = set()
    for moment in moments:
        chosen = {
            kind
            for kind, is_chosen in zip(
                moment.kinds, moment.selected, strict=True
            )
            if is_chosen
        }
        # One type at a time.
        (kind,) = chosen
        kinds_seen.add(kind)
        minerals = np.expm1(8 * moment.table[0, columns["minerals"]])
        of_kind = np.array([one == kind for one in moment.kinds])
        distances = moment.table[:, columns["camera_distance"]]
        if kind == "Barracks":
            assert minerals > 149
            assert moment.selected.tolist() == of_kind.tolist()
        elif kind == "SCV":
            assert minerals < 151
            assert moment.selected.sum() == 1
        else:
            assert distances[moment.selected].max() < np.log1p(14) / 4
    assert kinds_seen == {"Barracks", "SCV", "Marine"}


def test_both_players_choose(moments):
    assert {moment.player for moment in moments} == {1, 2}
    assert len(moments) > 60
    sizes = [int(moment.selected.sum()) for moment in moments]
    assert 1 in sizes
    assert max(sizes) > 2
    assert max(len(moment.units) for moment in moments) < 100
