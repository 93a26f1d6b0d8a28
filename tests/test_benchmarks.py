"""The benchmarks' own arithmetic, and that their parts run."""

import types

import numpy as np
import pytest

from benchmarks import memory
from benchmarks import memory_report
from benchmarks import one_core
from benchmarks import one_gpu
from benchmarks import photographs
from benchmarks import single_products
from benchmarks import video_pipeline
from benchmarks import video_preparation
from benchmarks.memory_cases.process import in_a_process
from benchmarks.memory_cases.sizes import WIDTH

MIB = 2**20


def sweep(name, who, exponent):
    points = [
        {"size": size, "extra": 50 * MIB * (size / 1024) ** exponent}
        for size in (1024, 2048, 4096, 8192, 16384)
    ]
    return {"name": name, "who": who, "points": points}


def case(name, who, peak=2.0, extra=1.0, seconds=1.0):
    numbers = {"peak": peak * 2**30, "extra": extra * 2**30}
    return {"name": name, "who": who, "seconds": seconds, **numbers}


def results(**changed):
    """What the benchmark would write if every goal were met."""
    cases = {
        "flow": case("flow forward", "ours"),
        "their_flow": case("flow forward", "transformers", 4.5, seconds=2),
        "training": case("flow training", "ours", peak=9),
        "clip": case("clip, all outputs", "ours", seconds=20),
        "chunk": case("clip, 1 chunk of 98", "ours", extra=0.9),
        "their_chunk": case("clip, 1 chunk of 128", "transformers"),
    }
    sweeps = [sweep("inputs", "ours", 1), sweep("outputs", "transformers", 1.2)]
    return {"single": [*{**cases, **changed}.values()], "sweeps": sweeps}


@pytest.mark.parametrize("exponent", [0.5, 1, 2])
def test_growth_is_the_exponent(exponent):
    found, _ = memory_report.growth(sweep("inputs", "ours", exponent)["points"])
    assert found == pytest.approx(exponent)


def test_the_slope_is_in_widths_of_an_input():
    points = [
        {"size": size, "extra": 7 * MIB + 3 * 4 * WIDTH * size}
        for size in (100, 200, 400)
    ]
    _, widths = memory_report.growth(points)
    assert widths == pytest.approx(3)


def test_what_is_met_and_what_is_missed():
    rows = memory_report.summarize(results())
    by_name = {row["what"]: row for row in rows}
    # 50 KiB for each input is more than three times its width.
    missed = [row["what"] for row in rows if not row["met"]]
    assert missed == ["inputs (ours): widths an element"]
    told = by_name["clip: 128 of their chunks, seconds over ours"]
    assert told["measured"] == 128 / 20
    slow = results(flow=case("flow forward", "ours", peak=2.5, seconds=1.5))
    rows = memory_report.summarize(slow)
    assert not any(row["met"] for row in rows[:2])
    assert "(missed)" in memory_report.table(rows)


def test_the_plot_is_a_picture(tmp_path):
    path = tmp_path / "memory.png"
    memory_report.draw(results(), path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size < 200_000


def test_a_case_is_measured_in_its_own_process():
    measured = in_a_process("ours", "read", {"num_inputs": 512})
    assert 0 < measured["extra"] < measured["peak"]
    assert measured["peak"] > 100 * MIB
    assert measured["seconds"] > 0


def test_a_case_that_fails_says_why():
    with pytest.raises(RuntimeError, match="num_inputs"):
        in_a_process("ours", "read", {"num_inputs": "many"})


def test_every_case_is_one_that_there_is():
    from benchmarks.memory_cases import ours

    for _, who, name, *_ in (*memory.SINGLE, *memory.SWEEPS):
        assert who in ("ours", "transformers")
        if who == "ours":
            assert callable(getattr(ours, name))


def test_a_rate_is_of_the_core_s_own_seconds(monkeypatch):
    clock = types.SimpleNamespace(seconds=0.0)
    clock.process_time = lambda: clock.seconds
    monkeypatch.setattr(one_core, "time", clock)

    def make():
        clock.seconds += 0.25

    assert one_core.rate(make, 3) == 3 / 0.25


def test_single_products_are_timed_on_both_sides():
    pytest.importorskip("torch", reason="PyTorch is one of the two sides")
    rates = single_products.measured((8, 16, 4), "bfloat16", 2, 3)
    operations = 2 * 2 * 8 * 16 * 4
    assert {"TensorFlow", "with bias", "PyTorch with bias"} < set(rates)
    # No processor here does a product in less than it takes to call it.
    assert all(0 < rate < operations / 1e-6 / 1e9 for rate in rates.values())


def test_a_gpu_takes_its_operations_by_those_of_three_passes():
    assert one_gpu.examples_per_second(1e9) == pytest.approx(0.4 * 989e12 / 3e9)


def test_a_generated_video_becomes_examples(tmp_path):
    source = tmp_path / "videos"
    source.mkdir()
    path = source / "video.mp4"
    photographs.write_video(path, 0.8)
    video_preparation.decode(path)
    video_preparation.prepare(source, tmp_path / "records")
    examples = video_pipeline.training_examples(tmp_path / "records")
    inputs, targets, weights = next(iter(examples))
    assert targets["video"].shape == (1, 512, 3)
    assert weights["audio"].numpy().all()
    frames = 255 * inputs["video"].numpy()[0]
    assert frames.shape == (16, 224, 224, 3)
    # The camera moves, by little.
    assert 1 < np.abs(frames[1:] - frames[:-1]).mean() < 60
