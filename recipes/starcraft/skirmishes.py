"""Generated skirmishes: made-up games, told in the words of real ones.

Two players each have a town hall, workers, barracks and squads on a map. They
look at a place and select what they mean to use there: with minerals at hand
all barracks near by, else the worker that is nearest to what they look at; far
from home, the squad in view. Then they give it an order, and mostly stay where
they are. So the choice goes by what is looked at, by distance, type and stock,
and by what was chosen before; none of it is how people play.
"""

import functools

import numpy as np

from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays.events import Appeared
from keras_perceiver.data.replays.events import Died
from keras_perceiver.data.replays.events import Finished
from keras_perceiver.data.replays.events import Looked
from keras_perceiver.data.replays.events import Ordered
from keras_perceiver.data.replays.events import Placed
from keras_perceiver.data.replays.events import Selected
from keras_perceiver.data.replays.events import Stocked
from keras_perceiver.data.replays.game import Game
from keras_perceiver.data.replays.game import Player
from keras_perceiver.data.replays.game import in_order

NUM_GAMES = 48
_SEED = 20_210_731
_CHOICES = 60
_SIZE = 120.0
_HOMES = ((25.0, 25.0), (95.0, 95.0))
_FRAMES_BETWEEN = 3 * schema.FRAMES_PER_SECOND
_WORKERS = 12
_BARRACKS = 3
_SQUADS = 3
_MARINES = 4
_BARRACKS_COST = 150.0
_LEAVING = 0.25
# How far from what they look at people see a squad.
_SIGHT = 8.0


def games():
    """Returns functions that make each game, by name."""
    return {
        f"skirmish-{number:03d}": functools.partial(make_game, number)
        for number in range(NUM_GAMES)
    }


def make_game(number):
    """Makes a game by its number, always the same.

    Args:
        number: from 0.

    Returns:
        A `Game`.
    """
    generator = np.random.default_rng([_SEED, number])
    events = []
    for player, home in enumerate(_HOMES, start=1):
        events += _Side(generator, player, np.array(home)).play()
    players = [Player(1, "Terran", 1), Player(2, "Terran", 2)]
    return Game("a made-up map", players, in_order(events))


class _Side:
    """One player's units, and what becomes of them."""

    def __init__(self, generator, player, home):
        self._random = generator
        self._player = player
        self._home = home
        self._events = []
        self._places = {}
        self._kinds = {}
        self._squads = []
        self._selected = []
        self._minerals = 50.0
        self._at_home = True
        self._next = 1_000 * player

    def play(self):
        """Returns all events of this player and his units."""
        self._begin()
        for number in range(1, _CHOICES + 1):
            self._choose(number * _FRAMES_BETWEEN)
        return self._events

    def _begin(self):
        self._appear(0, "CommandCenter", self._home)
        for _ in range(_WORKERS):
            self._appear(0, "SCV", self._near(self._home, 7.0))
        for _ in range(_BARRACKS):
            self._appear(0, "Barracks", self._near(self._home, 10.0))
        for _ in range(_SQUADS):
            place = self._random.uniform(0.2, 0.8, 2) * _SIZE
            self._squads.append(
                [
                    self._appear(0, "Marine", self._near(place, 2.0))
                    for _ in range(_MARINES)
                ]
            )

    def _choose(self, frame):
        """Looks somewhere, selects what is for there, and uses it."""
        self._minerals += self._random.uniform(10.0, 60.0)
        self._events.append(
            Stocked(frame - 12, self._player, self._minerals, 0.0, 20.0, 30.0)
        )
        if self._random.random() < _LEAVING:
            self._at_home = not self._at_home
        squads = [squad for squad in self._squads if squad]
        if self._at_home or not squads:
            place = self._near(self._home, 8.0)
            self._look(frame, place)
            if self._minerals >= _BARRACKS_COST:
                self._select(frame, self._all_of("Barracks"))
                self._train(frame)
            else:
                workers = self._all_of("SCV")
                self._select(frame, [self._nearest(workers, place)])
                self._order(frame, self._near(self._home, 12.0))
            return
        squad = squads[self._random.integers(len(squads))]
        place = self._places[squad[0]]
        self._look(frame, self._near(place, 2.0))
        in_view = self._within(self._all_of("Marine"), place)
        self._select(frame, in_view)
        self._order(frame, self._random.uniform(0.1, 0.9, 2) * _SIZE)
        if self._random.random() < 0.2:
            self._lose(frame + 20, squad)

    def _train(self, frame):
        """A squad gets a marine, or there is another building."""
        self._minerals -= _BARRACKS_COST
        self._order(frame, None)
        if self._random.random() < 0.3 and len(self._places) < 90:
            place = self._near(self._home, 10.0)
            kind = str(self._random.choice(["SupplyDepot", "Barracks"]))
            number = self._appear(frame + 4, kind, place, is_finished=False)
            self._events.append(Finished(frame + 24, number))
            return
        squad = self._squads[self._random.integers(_SQUADS)]
        place = self._places[squad[0]] if squad else self._home
        squad.append(self._appear(frame + 4, "Marine", self._near(place, 2.0)))

    def _lose(self, frame, squad):
        number = squad.pop()
        del self._places[number], self._kinds[number]
        self._events.append(Died(frame, number))
        self._selected = [one for one in self._selected if one != number]

    def _look(self, frame, place):
        x, y = _cells(place)
        self._events.append(Looked(frame - 8, self._player, x, y))

    def _select(self, frame, numbers):
        self._selected = sorted(numbers)
        self._events.append(
            Selected(frame, self._player, None, True, (), tuple(self._selected))
        )

    def _order(self, frame, place):
        x, y = (None, None) if place is None else _cells(place)
        self._events.append(Ordered(frame + 2, self._player, x, y, 0))
        for number in self._selected if place is not None else ():
            self._places[number] = self._near(place, 2.0)
            told = Placed(frame + 30, number, *_cells(self._places[number]))
            self._events.append(told)

    def _appear(self, frame, kind, place, is_finished=True):
        self._next += 1
        self._places[self._next] = np.array(place)
        self._kinds[self._next] = kind
        self._events.append(
            Appeared(
                frame,
                self._next,
                kind,
                self._player,
                *_cells(place),
                is_finished,
            )
        )
        return self._next

    def _all_of(self, kind):
        return [number for number, one in self._kinds.items() if one == kind]

    def _within(self, numbers, place):
        return [
            number
            for number in numbers
            if np.hypot(*(self._places[number] - place)) <= _SIGHT
        ]

    def _nearest(self, numbers, place):
        return min(
            numbers,
            key=lambda number: np.hypot(*(self._places[number] - place)),
        )

    def _near(self, place, distance):
        moved = np.asarray(place) + self._random.uniform(-distance, distance, 2)
        return np.clip(moved, 0.0, _SIZE)


def _cells(place):
    return float(place[0]), float(place[1])
