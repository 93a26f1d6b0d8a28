"""One run: what it leaves behind, and how it goes on."""

import contextlib
import dataclasses
import io
import json
import math
import shutil
import types

import numpy as np
import pytest
import safetensors.numpy
import tensorflow as tf

from keras_perceiver.convert import load_pretrained
from keras_perceiver.training.divergence import StopAtDivergence
from keras_perceiver.training.progress import Progress
from recipes import building
from recipes import runner
from recipes import training_checks
from recipes.assignments import assign
from recipes.byte_mlm import RECIPE
from tests.recipes.small_run import SMALL_RUN

SMALL = {
    **SMALL_RUN,
    "training.steps": 4,
    "training.evaluate-every": 2,
}
# What depends on the clock or on the machine.
NOT_REPEATED = ("timings.csv", "machine.json", "tensorboard", ".lock")


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_bytes(b"A small model is trained on this one sentence. " * 60)
    return path


def configured(text, **settings):
    values = {"data": text, **SMALL, **settings}
    pairs = [(key, str(value)) for key, value in values.items()]
    return assign(RECIPE.configuration("tiny"), pairs)


def train(text, path, settings=None, **options):
    """Trains and returns what was printed."""
    configuration = configured(text, **(settings or {}))
    with contextlib.redirect_stdout(io.StringIO()) as output:
        runner.train(RECIPE, configuration, path, **options)
    return output.getvalue()


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
    data = RECIPE.open_data(configured(text))
    np.testing.assert_allclose(shares[6:], data.token_frequencies(), rtol=1e-2)
    assert shares[:6].sum() < 1e-4


def test_a_seed_decides_the_first_weights(text, tmp_path, fits):
    for number, seed in enumerate((0, 0, 1)):
        settings = {"training.seed": seed, "start.local": "false"}
        train(text, tmp_path / str(number), settings)
    one, same, other = (call.weights["latents/array"] for call in fits)
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()


def test_the_terminal_is_given_back_after_an_error(text, tmp_path, monkeypatch):
    closed = []
    monkeypatch.setattr(Progress, "close", lambda _: closed.append(True))

    def fail(*args, **kwargs):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(building.TrainingModel, "fit", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        train(text, tmp_path / "run")
    assert closed == [True]


def test_a_loss_that_is_no_number_ends_the_run(text, tmp_path, monkeypatch):
    """Even if the evaluation is the first to see it."""
    compiled = building.TrainingModel.compile

    def without_a_graph(model, **options):
        compiled(model, **options, run_eagerly=True)

    monkeypatch.setattr(building.TrainingModel, "compile", without_a_graph)
    path = tmp_path / "run"
    settings = {
        "optimizer.learning-rate": 1e30,
        "optimizer.warmup-steps": 0,
        "training.evaluate-every": 1,
    }
    with pytest.raises(FloatingPointError, match="learning-rate"):
        train(text, path, settings)
    assert not (path / "checkpoints").exists()
    assert not (path / "metrics.csv").exists()


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_step_with_such_a_loss_ends_the_run_at_once(loss):
    callback = StopAtDivergence()
    callback.on_train_batch_end(0, {"loss": 3.0})
    with pytest.raises(FloatingPointError, match="at batch 5 after the last"):
        callback.on_train_batch_end(4, {"loss": loss})


def test_precision_is_that_of_the_settings(text):
    settings = {"training.precision": "mixed_bfloat16"}
    model = building.build_model(configured(text, **settings))
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


def checked(**values):
    training = RECIPE.configuration("tiny").training
    training_checks.check_settings(dataclasses.replace(training, **values))


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize(
    "name",
    [
        "steps",
        "batch_size",
        "evaluate_every",
        "evaluation_examples",
        "checkpoint_every",
        "keep_checkpoints",
        "lora_rank",
    ],
)
def test_numbers_of_examples_and_steps_are_positive(name, value):
    flag = f"--training.{name.replace('_', '-')}"
    with pytest.raises(ValueError, match=f"{flag} takes a positive") as error:
        checked(**{name: value})
    assert f"Received: {value}" in str(error.value)


@pytest.mark.parametrize(
    ("steps", "every", "nearest"),
    [(1000, 300, "900"), (50, 300, "300"), (2_500, 1_000, "2,000")],
)
def test_steps_are_a_multiple_of_the_interval(steps, every, nearest):
    with pytest.raises(ValueError, match="must be a multiple") as error:
        checked(steps=steps, evaluate_every=every)
    assert f"({every:,})" in str(error.value)
    assert f"Did you mean {nearest}?" in str(error.value)
    checked(steps=3 * every, evaluate_every=every)


def test_half_precision_warns(capsys):
    checked(precision="mixed_bfloat16")
    assert capsys.readouterr().out == ""
    checked(precision="mixed_float16")
    warning = capsys.readouterr().out
    assert warning.startswith("warning: ")
    assert "mixed_bfloat16" in warning


def test_attacks_are_refused_where_none_are_known():
    training = RECIPE.configuration("tiny").training
    training = dataclasses.replace(training, adversarial_strength=0.1)
    training_checks.check_adversarial(RECIPE, training)
    with pytest.raises(ValueError, match="byte_mlm knows no attacks"):
        training_checks.check_adversarial(
            dataclasses.replace(RECIPE, robustness=None), training
        )
    with pytest.raises(ValueError, match=r"at most 1: .*Received: 1\.5"):
        training_checks.check_adversarial(
            RECIPE, dataclasses.replace(training, adversarial_strength=1.5)
        )
