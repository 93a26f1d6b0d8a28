"""Texts of two tasks from the command line to an export."""

import contextlib
import io
import json

import numpy as np
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.serving.check import main as check
from keras_perceiver.serving.runtime.saved_model import SavedModel
from keras_perceiver.tasks import ClassifyText
from recipes.__main__ import main
from tests.recipes.glue.test_data import STSB
from tests.recipes.small_run import SMALL_RUN

# What tells these letters apart within seconds.
SETTINGS = {
    **SMALL_RUN,
    "model.max-length": "12",
    "model.embedding-dim": "32",
    "model.latent-dim": "32",
    "model.qk-channels": "32",
    "model.v-channels": "32",
    "model.decoder-qk-channels": "32",
    "model.decoder-v-channels": "32",
    "model.dropout": "0.0",
    "start.local": "false",
    "optimizer.learning-rate": "1e-2",
    "optimizer.warmup-steps": "10",
    "training.steps": "150",
    "training.evaluate-every": "150",
    "training.batch-size": "32",
}


def run(*words):
    """The exit code and what was printed."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        code = main(["glue", *map(str, words)])
    return code, output.getvalue()


def write(folder):
    """SST-2 is told by its letters, STS-B by how many of them are b."""
    random = np.random.default_rng(0)
    for name in ("SST-2", "STS-B"):
        (folder / name).mkdir(parents=True)
    for part, count in {"train": 200, "dev": 40}.items():
        films, pairs = ["sentence\tlabel"], [STSB]
        for number in range(count):
            text = "".join(random.choice(list("ac" if number % 2 else "bd"), 6))
            films.append(f"{text}\t{number % 2}")
            share = number % 6
            words = "b" * share + "a" * (5 - share)
            pairs.append("\t".join([*"1234567", words, "c", f"{share}.0"]))
        for name, rows in {"SST-2": films, "STS-B": pairs}.items():
            path = folder / name / f"{part}.tsv"
            path.write_text("\n".join(rows) + "\n")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The run folder of a model of both tasks, and what was printed."""
    path = tmp_path_factory.mktemp("glue")
    write(path / "data")
    flags = [f"--{name}={value}" for name, value in SETTINGS.items()]
    words = ["--run-folder", path / "run", "--data", path / "data", *flags]
    code, printed = run("train", *words)
    assert code == 0
    return path / "run", printed


def test_both_tasks_are_learned(trained):
    folder, printed = trained
    results = json.loads((folder / "results.json").read_text())
    model = results["model"]
    assert model["sst2.dev.accuracy"] > 0.9
    assert model["stsb.dev.pearson"] > 0.9
    assert results["baselines"]["most_frequent"]["shortfall"] == 0.75
    assert "beats every baseline" in printed
    rows = [line.split() for line in printed.splitlines()]
    (row,) = [row for row in rows if row[:3] == ["sst2", "dev,", "accuracy"]]
    assert row[-1] == f"{100 * model['sst2.dev.accuracy']:.2f}"
    shown = next((folder / "samples").iterdir()).read_text()
    assert "(truth: " in shown


def test_what_training_watched_is_what_the_libraries_say(trained):
    folder, _ = trained
    results = json.loads((folder / "results.json").read_text())
    last = (folder / "metrics.csv").read_text().splitlines()
    watched = dict(zip(last[0].split(","), last[-1].split(","), strict=True))
    assert float(watched["heldout_shortfall"]) == pytest.approx(
        results["model"]["shortfall"], abs=1e-4
    )


def test_texts_are_answered_by_task(trained, capsys):
    folder, _ = trained
    code, printed = run("predict", "--run-folder", folder, "sst2", "acaca")
    assert code == 0
    assert printed.startswith("sst2: positive ")
    code, printed = run("predict", "--run-folder", folder, "stsb", "bbbb", "c")
    assert code == 0
    assert float(printed.split()[1]) > 2.5
    assert run("predict", "--run-folder", folder, "sst", "text")[0] == 1
    assert "Did you mean 'sst2'?" in capsys.readouterr().err
    assert run("predict", "--run-folder", folder, "sst2")[0] == 1
    assert "predict takes a task, a text" in capsys.readouterr().err


def test_its_export_has_a_signature_for_each_task(trained, tmp_path, capsys):
    folder, _ = trained
    base = tmp_path / "texts"
    assert run("export", "--run-folder", folder, "--to", base)[0] == 0
    assert check([base]) == 0, capsys.readouterr().err
    task = ClassifyText(load_pretrained(folder / "best"))
    served = SavedModel(base / "1")
    request = {
        "text_bytes": np.array([b"acca", b"bbaaa"], object),
        "second_text_bytes": np.array([b"", b"c"], object),
    }
    found = served.run("sst2", request)
    expected = task("acca", task="sst2")
    assert found["label_bytes"][0, 0].decode() == expected.label
    np.testing.assert_allclose(
        found["probabilities"][0], expected.probabilities, rtol=1e-5
    )
    score = served.run("stsb", request)["score"][1]
    assert score == pytest.approx(task("bbaaa", "c", task="stsb"), rel=1e-4)


def test_it_goes_on_to_other_tasks(trained, tmp_path):
    folder, _ = trained
    table = tmp_path / "mood.csv"
    rows = [f"{'acac' if i % 2 else 'bdbd'}{i},{i % 2}" for i in range(60)]
    table.write_text("\n".join(["text,label", *rows]) + "\n")
    settings = {
        **SETTINGS,
        "data": table,
        "training.steps": 40,
        "training.evaluate-every": 40,
    }
    flags = [f"--{name}={value}" for name, value in settings.items()]
    words = ["--run-folder", tmp_path / "run", "--from", folder / "best"]
    code, printed = run("train", *words, *flags)
    assert code == 0
    assert "begins anew: mood_logits" in printed
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["model"]["mood.dev.accuracy"] > 0.9
