"""The benchmark of speed gives both sides the same work."""

import math

import pytest
import torch

from benchmarks.speed import ours
from benchmarks.speed import theirs
from benchmarks.speed.side import check_shapes
from benchmarks.speed.works import WORKS
from tests.parity.cases import TINY

OVERRIDES = {case.family.__name__: case.overrides for case in TINY}
# Chunks of a clip have to come out even.
CLIP = {"num_audio_samples": 640, "video_shape": (2, 8, 16, 3)}


def tiny(name):
    work = WORKS[name].smaller(**OVERRIDES[WORKS[name].family])
    return work.smaller(**CLIP) if work.is_clip else work


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", WORKS)
def test_both_sides_answer_as_much(name, dtype):
    work = tiny(name)
    sides = ours.forward(work, dtype, 1, with_xla=False)
    sides += theirs.forward(work, dtype, 1, with_compile=False)
    check_shapes(sides)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_both_sides_train(dtype):
    work = tiny("language")
    sides = ours.train(work, dtype, 2, with_xla=False)
    sides += theirs.train(work, dtype, 2, with_compile=False)
    for side in sides:
        first, *_, last = [side.run() for _ in range(20)]
        assert math.isfinite(first)
        assert last < first
