"""Replays from strangers, each read in a process of its own."""

import dataclasses
import os

from keras_perceiver import errors
from keras_perceiver.data import own_process
from keras_perceiver.data.replays import reading
from keras_perceiver.data.replays.events import ReplayError
from keras_perceiver.data.replays.game import Game

own_process.preload("keras_perceiver.data.replays.isolated", "sc2reader")


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a replay may ask for; it is skipped where it asks for more.

    Attributes:
        max_memory_bytes: of the process that reads it.
        max_waiting_seconds: until it has been read.
        max_told_bytes: of what that process tells.
    """

    max_memory_bytes: int = 2**30
    max_waiting_seconds: float = 60.0
    max_told_bytes: int = 2**24

    def __post_init__(self):
        own_process.check_limits(self)


def read_game(path, limits=None):
    """Reads a replay so that it cannot take us with it.

    A script that reads so is run by its `if __name__ == "__main__":`, since
    the other process imports it.

    Args:
        path: the file.
        limits: `Limits`; None for the usual ones.

    Returns:
        A `Game` of human players.

    Raises:
        ReplayError: if it is damaged, was resumed, has computer players, does
            not tell of units, passes a limit or makes the reader crash.
        ImportError: if sc2reader is missing.
    """
    errors.import_extra("sc2reader", "starcraft")
    limits = limits or Limits()
    with own_process.started(
        _tell, limits, ReplayError, os.path.abspath(path), limits
    ) as child:
        told = child.hear(limits.max_told_bytes)
    if not isinstance(told, dict):
        raise ReplayError("is told in no known words.")
    if "fault" in told:
        raise ReplayError(str(told["fault"]))
    return Game.from_json(told)


def _tell(sender, path, limits):
    own_process.limit_memory(limits.max_memory_bytes)
    try:
        told = reading.read_game(path).as_json()
    except Exception as error:
        fault = own_process.fault(error, limits)
        if fault is None:
            raise
        told = {"fault": fault}
    own_process.say(sender, told)
