"""Optical flow from the command line to its results."""

import contextlib
import io
import json

import numpy as np
import PIL.Image
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.data.flow import read_flo
from recipes.__main__ import main
from tests.data.flow_pairs import data_sets
from tests.image_samples import smooth

# What begins to learn a few scenes by heart within seconds.
SETTINGS = {
    "model.image-shape": "8,8,3",
    "model.num-latents": "8",
    "model.latent-dim": "32",
    "model.num-self-attends-per-block": "1",
    "scenes.polygons": "1",
    "scenes.warp": "0.1",
    "curriculum.first-pairs": "16",
    "curriculum.first-steps": "90",
    "data.heldout-scenes": "16",
    "optimizer.learning-rate": "2e-2",
    "optimizer.warmup-steps": "1",
    "training.steps": "100",
    "training.evaluate-every": "50",
    "training.batch-size": "16",
    "training.jit-compile": "false",
}


def run(*words, **settings):
    """Runs a command and returns its lines."""
    words = [*words, *(f"--{key}={value}" for key, value in settings.items())]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert main(["optical_flow", *map(str, words)]) == 0
    return output.getvalue().splitlines()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The run folder, and what training printed."""
    folder = tmp_path_factory.mktemp("flow") / "run"
    return folder, run("train", "--run-folder", folder, **SETTINGS)


def test_a_run_leaves_errors_by_speed_and_pictures(trained):
    folder, printed = trained
    results = json.loads((folder / "results.json").read_text())
    model, zero = results["model"], results["baselines"]["zero_flow"]
    assert 0 < model["epe"] < 1.5 * zero["epe"]
    parts = sum(model[f"{name}_part"] for name in ("s0_10", "s10_40", "s40"))
    assert parts == pytest.approx(model["epe"], rel=1e-4)
    assert model["covered_share"] == pytest.approx(zero["covered_share"])
    (head,) = [line for line in printed if line.startswith("held out   ")]
    assert head.split()[2:] == [
        *("EPE", "s0-10", "s10-40", "s40+", "covered", "Fl-all")
    ]
    (row,) = [line for line in printed if line.startswith("Perceiver IO ")]
    # No motion is that fast.
    assert row.split()[4:6] == ["-", "-"]
    with PIL.Image.open(folder / "samples" / "step_0000100.png") as sheet:
        assert np.asarray(sheet).std() > 20


def test_training_loss_falls(trained):
    folder, _ = trained
    rows = (folder / "metrics.csv").read_text().splitlines()
    losses = [float(row.split(",")[1]) for row in rows[1:]]
    assert losses[1] < 0.98 * losses[0]


def test_weights_are_evaluated_on_a_data_set(trained, tmp_path):
    folder, _ = trained
    kitti = data_sets.kitti(tmp_path)
    lines = run(
        *("evaluate", "--from", folder / "best"),
        **{"data.heldout-source": kitti},
    )
    assert any("all of KITTI 2015" in line for line in lines)
    (row,) = [line for line in lines if line.startswith("Perceiver IO ")]
    assert row.rstrip().split()[-3].endswith("%")


def test_a_model_goes_on_with_a_data_set(trained, tmp_path):
    folder, _ = trained
    sintel = data_sets.sintel(tmp_path / "sintel")
    settings = {
        **SETTINGS,
        "data": sintel,
        "training.steps": 4,
        "training.evaluate-every": 2,
        "curriculum.first-steps": 1,
        "curriculum.augmentation": 1,
        "training.batch-size": 4,
    }
    words = ("--from", folder / "best", "--run-folder", tmp_path / "run")
    lines = run("train", *words, **settings)
    assert any(line.startswith("pairs: MPI Sintel, clean") for line in lines)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["baselines"]["zero_flow"]["s40_share"] > 0


def test_flow_is_predicted_and_exported(trained, tmp_path):
    folder, _ = trained
    for number in range(2):
        pixels = smooth(20, 30, seed=number)
        PIL.Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    frames = tmp_path / "0.png", tmp_path / "1.png"
    out = tmp_path / "flow.flo"
    (line,) = run("predict", "--run-folder", folder, *frames, out)
    assert line.startswith(f"{out}: motion of ")
    flow = read_flo(out)
    assert flow.shape == (20, 30, 2)
    assert np.isfinite(flow).all()
    assert np.abs(flow).max() > 0
    assert load_pretrained(folder / "best").count_params() < 100_000
