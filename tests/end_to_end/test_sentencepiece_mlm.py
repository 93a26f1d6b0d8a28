"""The SentencePiece language model from the command line to an export."""

import contextlib
import csv
import io
import json

import numpy as np
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.serving.check import main as check
from keras_perceiver.serving.runtime.saved_model import SavedModel
from keras_perceiver.tasks import FillPieces
from recipes.__main__ import main
from tests.recipes.small_run import SMALL_RUN

SENTENCE = (
    "A model reads a long line of pieces into a few latents, thinks about "
    "them, and answers at any place that is asked for; what it has seen "
    "fifty times it should know by heart, word for word.\n"
)
# What knows the sentence by heart within seconds.
SETTINGS = {
    **SMALL_RUN,
    "model.vocabulary-size": "306",
    "model.max-length": "16",
    "model.embedding-dim": "32",
    "model.num-latents": "16",
    "model.latent-dim": "64",
    "model.qk-channels": "64",
    "model.v-channels": "64",
    "model.decoder-qk-channels": "32",
    "model.decoder-v-channels": "32",
    "model.dropout": "0.0",
    "data.masking-probability": "0.15",
    "start.share": "0.5",
    "optimizer.learning-rate": "5e-3",
    "optimizer.warmup-steps": "20",
    "training.steps": "160",
    "training.evaluate-every": "160",
    "training.batch-size": "32",
}


def run(*words):
    """The exit code and what was printed."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        code = main(["sentencepiece_mlm", *map(str, words)])
    return code, output.getvalue()


def flags(settings):
    return [f"--{name}={value}" for name, value in settings.items()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The run folder of a model that was trained on one sentence."""
    path = tmp_path_factory.mktemp("sentence")
    (path / "text.txt").write_text(SENTENCE * 50)
    settings = flags({**SETTINGS, "data": path / "text.txt"})
    code, printed = run("train", "--run-folder", path / "run", *settings)
    assert code == 0
    return path / "run", printed


def test_an_easy_text_is_learned(trained):
    folder, printed = trained
    results = json.loads((folder / "results.json").read_text())
    model, baselines = results["model"], results["baselines"]
    assert model["nats"] < 0.8 * baselines["unigram"]["nats"]
    assert model["bits_per_byte"] < 0.8 * baselines["unigram"]["bits_per_byte"]
    assert f"{model['bits_per_byte']:.3f}" in printed
    assert "beats every baseline" in printed
    # As training measured it, by another way.
    with open(folder / "metrics.csv") as metrics:
        *_, last = csv.DictReader(metrics)
    assert float(last["heldout_nats"]) == pytest.approx(model["nats"], rel=1e-4)
    shown = next((folder / "samples").iterdir()).read_text()
    assert "masked  " in shown
    assert "filled  " in shown


def test_the_vocabulary_lies_in_the_run_and_beside_the_weights(trained):
    folder, _ = trained
    content = (folder / "vocabulary.model").read_bytes()
    task = FillPieces(load_pretrained(folder / "best"))
    assert task.tokenizer.model_bytes == content


def test_what_was_learned_answers(trained):
    folder, _ = trained
    words = ["at", "any", "place", "[MASK]", "is", "asked", "for"]
    code, printed = run("predict", "--run-folder", folder, *words)
    assert code == 0
    text, *lines = printed.splitlines()
    assert text.startswith("at any place")
    assert len(lines) == 1
    assert lines[0].startswith("  piece ")
    assert run("predict", "--run-folder", folder, "no mask")[0] == 1


def test_its_export_answers_as_it_does(trained, tmp_path, capsys):
    folder, _ = trained
    base = tmp_path / "pieces"
    assert run("export", "--run-folder", folder, "--to", base)[0] == 0
    assert check([base]) == 0, capsys.readouterr().err
    task = FillPieces(load_pretrained(folder / "best"))
    text = "at any place [MASK] is asked for"
    token_ids = np.array([task.token_ids(text)], "int32")
    served = SavedModel(base / "1")
    answer = served.run("serving_default", {"token_ids": token_ids})
    assert answer["filled_bytes"][0] == task(text).filled_bytes


def test_weights_do_not_go_on_in_another_vocabulary(trained, tmp_path, capsys):
    folder, _ = trained
    other = tmp_path / "other.txt"
    other.write_text(SENTENCE.replace("pieces", "parts") * 50)
    settings = flags({**SETTINGS, "data": other})
    words = ["train", "--run-folder", tmp_path / "run", *settings]
    assert run(*words, "--from", folder / "best")[0] == 1
    assert "trained with another vocabulary" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
