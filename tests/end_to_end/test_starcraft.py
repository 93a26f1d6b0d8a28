"""Selections of units from the command line to its results."""

import contextlib
import io
import json

import numpy as np
import PIL.Image
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.data.replays import isolated
from recipes.__main__ import main
from recipes.starcraft import skirmishes

# What begins to learn the rules of a few skirmishes within seconds.
SETTINGS = {
    "model.num-entities": 64,
    "model.num-latents": 8,
    "model.latent-dim": 32,
    "model.num-self-attends-per-block": 1,
    "model.embedding-dim": 32,
    "optimizer.learning-rate": 2e-2,
    "optimizer.warmup-steps": 5,
    "training.steps": 60,
    "training.evaluate-every": 60,
    "training.jit-compile": "false",
}


def run(*words, **settings):
    """Runs a command and returns its lines."""
    words = [*words, *(f"--{key}={value}" for key, value in settings.items())]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert main(["starcraft", *map(str, words)]) == 0
    return output.getvalue().splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("starcraft")


@pytest.fixture(scope="module")
def settings(folder):
    """Settings of a small run on a few skirmishes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skirmishes, "NUM_GAMES", 12)
        records = {"data.records": folder / "records"}
        assert "12 games, 0 skipped" in run("prepare", **records)[0]
    return {**SETTINGS, **records}


@pytest.fixture(scope="module")
def trained(folder, settings):
    """The run folder, and what training printed."""
    return folder / "run", run(
        "train", "--run-folder", folder / "run", **settings
    )


def test_a_run_beats_baselines_and_leaves_maps(trained):
    folder, printed = trained
    results = json.loads((folder / "results.json").read_text())
    model = results["model"]
    assert list(results["baselines"]) == ["random", "last_type", "before_last"]
    for row in results["baselines"].values():
        assert model["loss"] < row["loss"]
        assert model["first_error"] < row["first_error"]
    assert any("model beats every baseline" in line for line in printed)
    (row,) = [line for line in printed if line.startswith("Perceiver IO ")]
    assert row.split()[2].endswith("%")
    with PIL.Image.open(folder / "samples" / "step_0000060.png") as sheet:
        assert np.asarray(sheet).std() > 20


def test_a_replay_is_answered(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(
        isolated, "read_game", lambda path: skirmishes.make_game(500)
    )
    monkeypatch.chdir(tmp_path)
    replay = tmp_path / "a.SC2Replay"
    replay.write_bytes(b"")
    lines = run(
        "predict",
        "--run-folder",
        trained[0],
        replay,
        "1:00",
        "--picture",
        "a.png",
    )
    assert lines[1].startswith("1:0")
    assert any(line.startswith("  the model: ") for line in lines)
    assert (tmp_path / "a.png").stat().st_size > 1_000
    assert load_pretrained(trained[0] / "best").count_params() < 150_000
