"""The benchmark of speed: its arithmetic, and that our side runs."""

import dataclasses
import json
import math
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks import bfloat16
from benchmarks.__main__ import main
from benchmarks.speed import command
from benchmarks.speed import ours
from benchmarks.speed import picture
from benchmarks.speed import report
from benchmarks.speed.cases import cases
from benchmarks.speed.products import product_seconds
from benchmarks.speed.side import Side
from benchmarks.speed.side import check_shapes
from benchmarks.speed.side import timed
from benchmarks.speed.works import WORKS
from keras_perceiver.cost import cost
from keras_perceiver.cost import products
from tests.tiny_presets import TINY_PRESETS


def tiny(name):
    work = WORKS[name]
    return work.smaller(**TINY_PRESETS[work.preset])


def side(*seconds):
    return {"seconds": list(seconds), "median": sorted(seconds)[1]}


def row(**changed):
    sides = {
        "ours": side(1, 2, 3),
        "ours, XLA": side(4, 5, 6),
        "transformers": side(3, 6, 9),
        "transformers, torch.compile": side(2, 4, 9),
    }
    numbers = {"work": "language", "kind": "forward", "dtype": "float32"}
    given = {"batch": 1, "wanted": 1.35, "sides": sides, "product_seconds": 0.5}
    made = {**numbers, **given, **changed}
    return {**made, "ratio": report.ratio(made)}


def test_the_ratio_is_of_the_faster_forms_round_by_round():
    # 2/1, 4/2 and 9/3.
    assert row()["ratio"] == 2
    assert row(sides={"ours": side(1, 1, 1)})["ratio"] is None


def test_a_table_says_what_is_missed():
    results = {"rows": [row(), row(wanted=2.5)], "left_out": []}
    met, missed = report.table(results).splitlines()[2:]
    assert met.endswith("| 2.00 | 1.35 |")
    assert missed.endswith("| 2.00 | 2.5 (missed) |")
    results["left_out"] = [{"name": "optical_flow", "why": "no time"}]
    assert "no time" in report.table(results)


def test_the_picture_is_whole(tmp_path):
    path = tmp_path / "speed.png"
    picture.draw({"rows": [row(), row(dtype="bfloat16")]}, path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [*tmp_path.iterdir()] == [path]


def test_sides_take_turns_and_parts_count_for_the_whole():
    calls = []
    sides = [
        Side("ours", lambda: calls.append("ours")),
        Side("theirs", lambda: calls.append("theirs"), 1000, "1 of 1000"),
    ]
    told = timed(sides, 3, deadline=math.inf)
    assert calls == 2 * ["ours"] + 2 * ["theirs"] + 3 * ["ours", "theirs"]
    assert len(told["ours"]["seconds"]) == 3
    assert told["theirs"]["note"] == "1 of 1000"
    sides[1] = Side("theirs", lambda: time.sleep(1e-3), 1000)
    assert timed(sides, 1, math.inf)["theirs"]["median"] > 1


def test_after_the_deadline_there_is_one_round_alone():
    told = timed([Side("ours", lambda: None)], 5, deadline=0)
    assert len(told["ours"]["seconds"]) == 1


def test_sides_must_do_the_same_work():
    whole = Side("ours", lambda: {"video": (1, 60, 3), "label": (1, 7)})
    part = Side("theirs", lambda: {"video": (1, 20, 3), "label": (1, 7)}, 3)
    check_shapes([whole, part])
    with pytest.raises(ValueError, match="same work"):
        check_shapes([whole, dataclasses.replace(part, times=2)])


@pytest.mark.parametrize("batch", [1, 3])
def test_products_are_all_operations_where_there_are_no_convolutions(batch):
    for preset in ("language_bytes", "imagenet_fourier", "optical_flow"):
        found = products(preset, batch=batch)
        total = sum(times * product.flops for product, times in found.items())
        wanted = batch * cost(preset).flops
        # What all examples share is computed once, whatever the batch.
        assert total == wanted if batch == 1 else 0.9 * wanted < total <= wanted


def test_cases_are_sorted_and_those_of_other_batches_left_out():
    works = [WORKS["optical_flow"], WORKS["language"]]
    found = cases(works, ("forward", "train"), ("float32",), (1, 8))
    assert [case.name for case in found] == [
        "language forward float32 batch 1",
        "language train float32 batch 1",
        "optical_flow forward float32 batch 1",
        "language forward float32 batch 8",
    ]
    assert [case.wanted for case in found] == [1.35, 1.3, 2.3, None]


def test_options_and_names(capsys):
    options = command._options(["--works", "language", "--batches", "1", "8"])
    assert options.works == ["language"]
    assert options.batches == [1, 8]
    with pytest.raises(SystemExit):
        command._options(["--repeats", "0"])
    assert main(["memory", "--repeats", "3"]) == 2
    assert main([]) == 2
    assert "usage" in capsys.readouterr().out


def test_a_written_run_is_printed(tmp_path, capsys):
    results = {"rows": [row()], "left_out": []}
    (tmp_path / "speed.json").write_text(json.dumps(results))
    main(["speed", "--markdown", "--to", str(tmp_path)])
    assert "| language forward | float32 | 1 | 2 | 6 |" in (
        capsys.readouterr().out
    )


def test_products_are_timed_in_parts_that_add_up():
    work = tiny("language")
    seconds, flops = product_seconds(work, "float32", 1, repeats=1)
    assert seconds > 0
    assert flops == cost(work.preset, **work.overrides).flops


@pytest.fixture
def drawn(monkeypatch):
    """Inputs without the module that brings PyTorch."""

    def draw(work, batch):
        model = ours.inference_model(work.preset, "float32", **work.overrides)
        return bfloat16.drawn(model, work.settings, batch)

    monkeypatch.setattr("benchmarks.speed.works.Work.draw", draw)


def test_our_side_writes_all_outputs(drawn):
    clip = tiny("kinetics")
    (told,) = ours.forward(clip, "bfloat16", 1, with_xla=False)
    assert told.run() == {
        "video": (1, 2 * 8 * 4, 3),
        "audio": (1, 4, 5),
        "label": (1, 7),
    }


def test_our_training_step_learns(drawn):
    (told,) = ours.train(tiny("language"), "float32", 1, with_xla=False)
    first, *_, last = [told.run() for _ in range(30)]
    assert np.isfinite(first)
    assert last < first


_ON_JAX = """
import numpy as np
from benchmarks.speed import ours
from benchmarks.speed.works import WORKS, Work
from tests.tiny_presets import TINY_PRESETS

tokens = np.ones((1, 6), "int32")
Work.draw = lambda *_: {"token_ids": tokens, "padding_mask": tokens > 0}
work = WORKS["language"].smaller(**TINY_PRESETS["language_bytes"])
print([side.run() for side in ours.forward(work, "bfloat16", 1, False)])
"""


def test_our_side_on_jax():
    ended = subprocess.run(
        [sys.executable, "-c", _ON_JAX],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    assert not ended.returncode, ended.stderr
    assert ended.stdout.splitlines()[-1] == "[{'logits': (1, 6, 11)}]"


def test_what_bfloat16_costs(monkeypatch):
    original = bfloat16.from_preset
    monkeypatch.setattr(
        bfloat16,
        "from_preset",
        lambda name, **overrides: original(
            name, **{**TINY_PRESETS[name], **overrides}
        ),
    )
    rows = list(bfloat16.measured("optical_flow", False, 2))
    assert [row["policy"] for row in rows] == ["mixed_bfloat16", "bfloat16"]
    for told in rows:
        assert told["measure"] == "end-point difference over mean length"
        assert 1e-4 < told["value"] < 0.1
    assert rows[1]["bytes"] < rows[0]["bytes"]


def test_measures_of_what_is_lost():
    exact = np.array([[0.0, 3.0], [4.0, 0.0]])
    moved = exact + np.array([[0.0, 3.0], [0.0, 0.0]])
    _, value = bfloat16.difference("flow", moved, exact)
    assert value == pytest.approx(3 / 7)
    _, value = bfloat16.difference("logits", exact[:, ::-1], exact)
    assert value == 0
    # A peak of 10 over noise of 1.
    assert bfloat16.psnr(np.array([1.0, 11.0]), np.array([0.0, 10.0])) == 20
    assert bfloat16.psnr(exact, exact) == math.inf
