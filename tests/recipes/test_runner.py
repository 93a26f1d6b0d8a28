"""One run: what it leaves behind, and how it goes on."""

import json
import shutil
import types

import numpy as np
import pytest
import safetensors.numpy
import tensorflow as tf

from keras_perceiver.convert import load_pretrained
from keras_perceiver.training.progress import Progress
from recipes import building
from recipes import runner
from recipes.byte_mlm import RECIPE
from tests.recipes.text_runs import configured
from tests.recipes.text_runs import train

# What depends on the clock or on the machine.
NOT_REPEATED = ("timings.csv", "machine.json", "tensorboard", ".lock")


@pytest.fixture(scope="module")
def straight(tmp_path_factory, text):
    """A run that nothing disturbed: its folder, and what it printed."""
    path = tmp_path_factory.mktemp("straight") / "run"
    return types.SimpleNamespace(path=path, printed=train(text, path))


@pytest.fixture
def finished(straight, tmp_path):
    """A copy of that run, to be changed."""
    shutil.copytree(straight.path, tmp_path / "run", symlinks=True)
    return tmp_path / "run"


@pytest.fixture
def fits(monkeypatch):
    """Runs go up to `fit` and no further; returns what it would have got."""
    calls = []

    def fit(recipe, configuration, data, model, training_model, folder, begin):
        tensors = {weight.path: weight.numpy() for weight in model.weights}
        calls.append(types.SimpleNamespace(weights=tensors, begin=begin))

    monkeypatch.setattr(runner, "_fit", fit)
    monkeypatch.setattr(runner, "evaluate", lambda recipe, path: None)
    return calls


def contents(path):
    """What must be equal in two equal runs, by file."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file()
        and file.relative_to(path).parts[0] not in NOT_REPEATED
    }


def test_a_run_leaves_everything_behind(straight):
    assert set(contents(straight.path)) == {
        "baselines.json",
        *(
            f"checkpoints/step_000000{step}/{name}"
            for step in (2, 4)
            for name in (
                "README.md",
                "manifest.json",
                "model.json",
                "model.safetensors",
                "training_state.safetensors",
            )
        ),
        "configuration.json",
        "data.json",
        "learning_curve.png",
        "metrics.csv",
        "results.json",
        "samples/step_0000002.txt",
        "samples/step_0000004.txt",
    }
    for name in NOT_REPEATED:
        assert (straight.path / name).exists()
    results = json.loads((straight.path / "results.json").read_text())
    lines = (straight.path / "metrics.csv").read_text().splitlines()
    nats = lines[0].split(",").index("heldout_nats")
    best = min(float(line.split(",")[nats]) for line in lines[1:])
    assert results["model"]["nats"] == pytest.approx(best, rel=1e-5)


def test_cards_have_the_numbers_of_the_run(straight):
    results = json.loads((straight.path / "results.json").read_text())
    best = (straight.path / "best").resolve()
    for checkpoint in (straight.path / "checkpoints").iterdir():
        card = (checkpoint / "README.md").read_text()
        assert f"weights of step {int(checkpoint.name[5:])}." in card
        is_evaluated = f'"value": {results["model"]["nats"]}' in card
        assert is_evaluated == (checkpoint == best)
        assert ("Not evaluated yet" in card) == (checkpoint != best)


def test_a_run_says_what_it_does(straight, text):
    parameters = load_pretrained(straight.path / "best").count_params()
    for words in (
        "counting baselines ... ",
        f"text: {text} (1 file)\nheld out: 8 examples of 32 bytes\n",
        f"model: {parameters:,} parameters\n",
        "training: 4 steps of 4 examples, strategy none, float32, XLA off\n",
        f"run folder: {straight.path}\n",
        "step 2 of 4  loss ",
        "step 4 of 4  loss ",
        "\nPerceiver IO ",
    ):
        assert words in straight.printed


def test_a_resumed_run_is_an_uninterrupted_one(straight, text, tmp_path):
    path = tmp_path / "run"
    batch_end = Progress.on_train_batch_end

    def stop(progress, batch, logs=None):
        batch_end(progress, batch, logs)
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "on_train_batch_end", stop)
        with pytest.raises(KeyboardInterrupt):
            train(text, path)
    assert (path / "metrics.csv").read_text().count("\n") == 2
    # As if it had been killed between two files.
    with (path / "metrics.csv").open("a") as metrics:
        metrics.write("4,1.0,1.0,1.0,1.0,1.0\n")
    # Whatever random numbers were drawn since.
    tf.random.normal([3])
    printed = train(text, path, resume=True)
    assert "step 4 of 4" in printed
    assert "step 2 of 4" not in printed
    one, other = contents(path), contents(straight.path)
    assert one.keys() == other.keys()
    for name, content in one.items():
        assert content == other[name], name


def test_resuming_a_finished_run_changes_nothing(finished, straight, text):
    printed = train(text, finished, resume=True)
    assert "step " not in printed.split("run folder")[1]
    assert "\nPerceiver IO " in printed
    assert contents(finished) == contents(straight.path)


def test_resuming_with_other_settings_lists_them(finished, straight, text):
    changed = {"training.batch-size": 8, "model.num-latents": 5}
    with pytest.raises(ValueError, match="other settings") as error:
        train(text, finished, changed, resume=True)
    for words in (
        f"The run in {finished}",
        "--training.batch-size was 4, is 8",
        "--model.num-latents was 4, is 5",
    ):
        assert words in str(error.value)
    assert "steps" not in str(error.value)
    assert contents(finished) == contents(straight.path)


def test_overwriting_begins_anew(finished, text, fits):
    (finished / "samples" / "step_0000008.txt").write_text("of before")
    train(text, finished, {"training.seed": 1}, overwrite=True)
    assert fits[0].begin["step"] == 0
    record = json.loads((finished / "configuration.json").read_text())
    assert record["training"]["seed"] == 1
    assert set(contents(finished)) == {
        "baselines.json",
        "configuration.json",
        "data.json",
    }


def test_a_failed_overwriting_leaves_the_run(finished, straight, text, fits):
    for setting, value in {
        "data": "missing.txt",
        "optimizer.warmup-steps": 4,
        "training.evaluation-examples": 0,
    }.items():
        with pytest.raises(ValueError, match=f"--{setting}"):
            train(text, finished, {setting: value}, overwrite=True)
        assert contents(finished) == contents(straight.path)
    assert fits == []


def test_a_run_may_start_from_the_weights_of_another(
    straight, text, tmp_path, fits
):
    best = straight.path / "best"
    train(text, tmp_path / "new", start_from=best)
    expected = safetensors.numpy.load_file(best / "model.safetensors")
    assert fits[0].weights.keys() == expected.keys()
    for path, weight in fits[0].weights.items():
        np.testing.assert_array_equal(weight, expected[path])
    assert fits[0].begin["step"] == 0


def test_other_weights_do_not_fit(straight, text, tmp_path, fits):
    with pytest.raises(ValueError, match="does not fit") as error:
        train(
            text,
            tmp_path / "new",
            {"model.num-latents": 5},
            start_from=straight.path / "best",
        )
    assert "latents/array: shape (4, 16) in the file" in str(error.value)
    assert not (tmp_path / "new").exists()


def test_the_first_prediction_is_how_often_bytes_occur(text, tmp_path, fits):
    train(text, tmp_path / "new")
    logits = fits[0].weights["logits/bias"].astype("float64")
    shares = np.exp(logits) / np.exp(logits).sum()
    data = RECIPE.open_data(configured(text, {}))
    np.testing.assert_allclose(shares[6:], data.token_frequencies(), rtol=1e-2)
    assert shares[:6].sum() < 1e-4


def test_a_seed_decides_the_first_weights(text, tmp_path, fits):
    for number, seed in enumerate((0, 0, 1)):
        settings = {"training.seed": seed, "start.local": "false"}
        train(text, tmp_path / str(number), settings)
    one, same, other = (call.weights["latents/array"] for call in fits)
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()


def test_precision_is_that_of_the_settings(text):
    settings = {"training.precision": "mixed_bfloat16"}
    model = building.build_model(configured(text, settings))
    assert model.encode.output.dtype == "bfloat16"
    assert model.weights[0].dtype == "float32"


def test_determinism_is_asked_for(text, tmp_path, monkeypatch, fits):
    calls = []
    monkeypatch.setattr(
        tf.config.experimental,
        "enable_op_determinism",
        lambda: calls.append(True),
    )
    train(text, tmp_path / "one")
    assert calls == []
    train(text, tmp_path / "two", {"training.deterministic": "true"})
    assert calls == [True]
