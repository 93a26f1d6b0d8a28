"""Games by hand, and where they are wanted in place of replays."""

import os
import signal

from keras_perceiver.data.replays import isolated
from keras_perceiver.data.replays.events import Appeared
from keras_perceiver.data.replays.events import Selected
from keras_perceiver.data.replays.game import Game
from keras_perceiver.data.replays.game import Player
from keras_perceiver.data.replays.game import in_order

PLAYERS = [Player(1, "Terran", 1), Player(2, "Zerg", 2)]
HALL, WORKER, OTHER_WORKER, MARINE = 10, 11, 12, 13
THEIR_HALL, THEIR_DRONE, BEACON = 20, 21, 30


def appeared(frame, unit, kind, owner=1, place=(20, 30), is_finished=True):
    return Appeared(frame, unit, kind, owner, *place, is_finished)


def select(frame, *units, player=1, group=None):
    """All else goes, and these come."""
    return Selected(frame, player, group, True, (), units)


START = [
    appeared(0, HALL, "CommandCenter"),
    appeared(0, WORKER, "SCV", place=(24, 30)),
    appeared(0, OTHER_WORKER, "SCV", place=(18, 34)),
    appeared(0, BEACON, "BeaconArmy"),
    appeared(0, THEIR_HALL, "Hatchery", owner=2, place=(90, 80)),
    appeared(0, THEIR_DRONE, "Drone", owner=2, place=(88, 80)),
]


def game(*events, players=PLAYERS):
    """The start, and what comes then."""
    return Game("a map", players, in_order([*START, *events]))


def crash(sender, *others):
    os.kill(os.getpid(), signal.SIGSEGV)


def babble(sender, *others):
    sender.send_bytes(b'["a list"]')


def tell_a_game(sender, path, limits):
    """Tells of a file's first letter, as if it were a replay."""
    number = path.rpartition("/")[2]
    if number.startswith("bad"):
        isolated.own_process.say(sender, {"fault": "is odd."})
    else:
        # Other files, other games; but the second letter changes nothing.
        place = (ord(number[0]), 9)
        made = game(
            appeared(0, MARINE, "Marine", place=place),
            select(40, WORKER),
            select(90, HALL, WORKER),
        )
        isolated.own_process.say(sender, made.as_json())
