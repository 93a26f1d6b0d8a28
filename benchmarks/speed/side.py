"""One of the things that are timed in turn."""

import dataclasses
import gc
import statistics
import time
from collections.abc import Callable

# How often a pass is begun before it counts: graphs are made, and memory is
# fetched, by the first ones.
WARM_UPS = 2


@dataclasses.dataclass
class Side:
    """One way to do a work.

    Attributes:
        name: such as `"ours"` or `"transformers, torch.compile"`.
        run: does the work and waits for it; returns the shapes of its outputs
            by name, or the loss of a training step.
        times: how often `run` is needed for the whole work.
        note: what `times` stands for, in words.
    """

    name: str
    run: Callable
    times: int = 1
    note: str = ""


def timed(sides, repeats, deadline):
    """Runs all sides in turn, again and again.

    Args:
        sides: `Side`s.
        repeats: how often.
        deadline: no further round is begun after that time of
            `time.monotonic`, but for the first one.

    Returns:
        A dictionary for each side, of `first`, the seconds of its first
        call; `seconds`, of each round, for the whole work; and `median`.

    Raises:
        ValueError: if sides that give the whole of the outputs differ in
            their shapes.
    """
    first = {side.name: _warm_up(side) for side in sides}
    seconds = {side.name: [] for side in sides}
    for number in range(repeats):
        if number and time.monotonic() > deadline:
            break
        for side in sides:
            gc.collect()
            seconds[side.name].append(side.times * _seconds(side.run))
    return {
        side.name: {
            "first": first[side.name],
            "seconds": seconds[side.name],
            "median": statistics.median(seconds[side.name]),
            "times": side.times,
            "note": side.note,
        }
        for side in sides
    }


def _warm_up(side):
    first, *_ = [_seconds(side.run) for _ in range(WARM_UPS)]
    return first


def _seconds(run):
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def check_shapes(sides):
    """Raises unless all sides give as much, each output by name.

    Args:
        sides: `Side`s whose `run` returns shapes by name. One that does a
            part of the work gives that part of every output but for those
            that have no second axis of rows, which are in each part.
    """
    told = {side.name: _whole_shapes(side) for side in sides}
    (name, wanted), *others = told.items()
    for other, shapes in others:
        if shapes != wanted:
            raise ValueError(
                f"{name!r} and {other!r} do not do the same work: {wanted} "
                f"and {shapes}"
            )


def _whole_shapes(side):
    return {
        name: tuple(shape)
        if len(shape) < 3
        else (shape[0], side.times * shape[1], *shape[2:])
        for name, shape in side.run().items()
    }
