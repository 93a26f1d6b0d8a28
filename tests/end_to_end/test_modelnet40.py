"""Clouds of points from the command line to their results."""

import contextlib
import csv
import io
import json

import numpy as np
import PIL.Image
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.serving.check import check
from keras_perceiver.tasks import ClassifyPoints
from recipes.__main__ import main
from recipes.modelnet40 import generated_shapes
from recipes.modelnet40 import samples
from recipes.modelnet40 import solids

# What begins to tell few families apart within seconds.
SETTINGS = {
    "model.num-points": 64,
    "model.num-bands": 4,
    "model.num-latents": 8,
    "model.latent-dim": 32,
    "model.num-classes": 4,
    "model.num-self-attends-per-block": 1,
    "optimizer.learning-rate": 2e-2,
    "optimizer.warmup-steps": 5,
    "optimizer.flat-steps": 40,
    "training.steps": 80,
    "training.evaluate-every": 80,
    "training.jit-compile": "false",
    "data.points-kept": 128,
}
FEW = ("ball", "helix", "table", "torus")


def run(*words, **settings):
    """Runs a command and returns its lines."""
    words = [*words, *(f"--{key}={value}" for key, value in settings.items())]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert main(["modelnet40", *map(str, words)]) == 0
    return output.getvalue().splitlines()


def write_off(path, mesh):
    vertices, triangles = mesh
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"OFF{len(vertices)} {len(triangles)} 0"]
    lines += [" ".join(map(str, row)) for row in vertices]
    lines += [f"3 {a} {b} {c}" for a, b, c in triangles]
    path.write_text("\n".join(lines))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("modelnet40")


@pytest.fixture(scope="module")
def trained(folder):
    """The run folder of a model of a few families, and what was printed."""
    rng = np.random.default_rng(0)
    meshes = folder / "meshes"
    for name in FEW:
        for number in range(30):
            part = "test" if number < 10 else "train"
            mesh = generated_shapes.FAMILIES[name](rng.uniform)
            write_off(meshes / name / part / f"{number}.off", mesh)
    (meshes / "ball" / "train" / "none.off").write_text("OFF\n8 0 0")
    settings = {**SETTINGS, "data": meshes, "data.records": folder / "records"}
    assert any("121 shapes, 1 skipped" in x for x in run("prepare", **settings))
    return folder / "run", run(
        "train", "--run-folder", folder / "run", **settings
    )


def test_a_run_beats_baselines_and_leaves_pictures(trained):
    folder, printed = trained
    results = json.loads((folder / "results.json").read_text())
    model = results["model"]
    for name in ("random", "majority"):
        row = results["baselines"][name]
        assert model["top_1_error"] < 0.7 * row["top_1_error"]
        assert model["nats"] < 0.8 * row["nats"]
    assert any("model beats every baseline" in line for line in printed)
    assert any(line.startswith("Perceiver  ") for line in printed)
    with PIL.Image.open(folder / "samples" / "step_0000080.png") as sheet:
        assert np.asarray(sheet).std() > 20
    with (folder / "classes.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["class"] for row in rows] == list(FEW)
    wrong = sum((1 - float(r["accuracy"])) * int(r["examples"]) for r in rows)
    assert wrong / 40 == pytest.approx(model["top_1_error"])


def test_attention_is_shares_and_the_answer_the_same(trained):
    model = load_pretrained(trained[0] / "best")
    points = np.random.default_rng(0).normal(size=(2, 64, 3)).astype("float32")
    logits, reads = samples.attended(model, points)
    assert reads.shape == (2, 2, 64)
    np.testing.assert_allclose(reads.sum(axis=-1), np.ones((2, 2)), rtol=1e-5)
    assert reads.std() > 1e-5
    expected = model.predict_on_batch(points)
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_files_are_answered(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    angles = 2 * np.pi * np.arange(40) / 40
    ring = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    write_off(tmp_path / "ring.off", solids.tube(ring, 0.3, closed=True))
    rows = np.random.default_rng(0).normal(size=(500, 3))
    for name in ("cloud.xyz", "shuffled.xyz"):
        np.savetxt(tmp_path / name, rows)
        rows = np.random.default_rng(1).permutation(rows)
    words = ("predict", "--run-folder", trained[0])
    lines = run(*words, "ring.off", "cloud.xyz", "shuffled.xyz")
    answers = [lines[start + 1 : start + 5] for start in (0, 5, 10)]
    assert {line.split()[1] for line in answers[0]} == set(FEW)
    # The same points in another order.
    assert answers[1] == answers[2]
    assert run(*words, "ring.off", "--picture", "seen.png") == [
        *lines[:5],
        "written: seen.png",
    ]
    with PIL.Image.open("seen.png") as picture:
        assert np.asarray(picture).std() > 10
    (tmp_path / "bad.xyz").write_text("1 2 3\n4 nan 6\n")
    assert main(["modelnet40", *map(str, words), "bad.xyz"]) == 1
    assert "bad.xyz has NaN or infinity in 1 of 2" in capsys.readouterr().err


def test_an_export_answers_as_the_task(trained, tmp_path):
    run("export", "--run-folder", trained[0], "--to", tmp_path / "served")
    assert len(list(check(tmp_path / "served"))) > 3
    task = ClassifyPoints(load_pretrained(trained[0] / "best"))
    assert task.labels.class_names == list(FEW)
    assert task.model.preprocessing == {"class_names": list(FEW)}
