"""The byte language model from the command line to its results."""

import contextlib
import io
import json

import numpy as np
import pytest

from recipes.__main__ import main
from recipes.assignments import assign
from recipes.byte_mlm import RECIPE

SENTENCE = (
    "A model reads a long line of bytes into a few latents, thinks about "
    "them, and answers at any place that is asked for; what it has seen "
    "fifty times it should know by heart, word for word.\n"
)
# What knows the sentence by heart within seconds.
SETTINGS = {
    "model.max-length": "32",
    "model.embedding-dim": "32",
    "model.num-latents": "16",
    "model.latent-dim": "64",
    "model.num-self-attends-per-block": "1",
    "model.qk-channels": "64",
    "model.v-channels": "64",
    "model.decoder-qk-channels": "32",
    "model.decoder-v-channels": "32",
    "data.masking-probability": "0.15",
    "start.share": "0.5",
    "optimizer.learning-rate": "5e-3",
    "optimizer.warmup-steps": "20",
    "training.steps": "400",
    "training.evaluate-every": "400",
    "training.batch-size": "32",
    "training.jit-compile": "false",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The run folder of a model that was trained on one sentence."""
    path = tmp_path_factory.mktemp("sentence")
    (path / "text.txt").write_text(SENTENCE * 50)
    settings = {**SETTINGS, "data": path / "text.txt"}
    words = [f"--{name}={value}" for name, value in settings.items()]
    words = ["byte_mlm", "train", "--run-folder", str(path / "run"), *words]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert main(words) == 0
    return path / "run", output.getvalue()


def test_an_easy_text_is_learned(trained):
    folder, printed = trained
    results = json.loads((folder / "results.json").read_text())
    model, baselines = results["model"], results["baselines"]
    assert model["nats"] < 0.8 * baselines["unigram"]["nats"]
    assert model["accuracy"] > 2 * baselines["unigram"]["accuracy"]
    assert f"{model['nats']:.3f}" in printed
    rows = [line for line in printed.splitlines() if line.endswith("baseline")]
    assert len(rows) == 3
    assert printed.index("\nunigram") < printed.index("\nPerceiver IO")


def test_what_was_learned_answers(trained, capsys):
    folder, _ = trained
    words = ["byte_mlm", "predict", "--run-folder", str(folder)]
    assert main([*words, "that is [MASK:5] for; what it"]) == 0
    text, *lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    # It need not be right; but it knows that this is a word.
    middle = text.removeprefix("that is ").removesuffix(" for; what it")
    assert len(middle) == 5
    assert middle.isalpha()


def test_a_real_text_is_opened_and_split(data_dir):
    path = data_dir / "text" / "tinyshakespeare.txt"
    configuration = assign(RECIPE.configuration("tiny"), [("data", str(path))])
    data = RECIPE.open_data(configuration)
    data.check()
    size = path.stat().st_size
    record = data.record()
    assert record["training_bytes"] + record["heldout_bytes"] == size
    assert record["heldout_bytes"] == size // 10
    _, token_ids, _ = next(data.training_dataset(0).as_numpy_iterator())
    windows = [bytes(row.tolist()) for row in token_ids - 6]
    text = path.read_bytes()
    assert all(window in text for window in windows)
    masked_ids, token_ids, is_masked = data.heldout_examples()
    assert len(token_ids) == size // 10 // data.max_length
    assert is_masked[token_ids != 6 + ord(" ")].mean() == pytest.approx(
        0.15, abs=0.02
    )
    assert np.array_equal(masked_ids == 3, is_masked)


def test_typos_do_harm_and_chosen_ones_more(trained):
    folder, _ = trained
    words = ["byte_mlm", "evaluate", "--run-folder", str(folder)]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert main([*words, "--robustness"]) == 0
    rows = json.loads((folder / "robustness.json").read_text())
    nats = {words: row["nats"] for words, row in rows.items()}
    assert nats["as it is"] < nats["5% typos"] < nats["10% typos"]
    assert nats["10% typos"] < nats["attack of 0.1"]
    assert f"{nats['attack of 0.1']:.3f}" in output.getvalue()
