"""Runs that end by an error of their own."""

import math

import pytest

from keras_perceiver.training.divergence import StopAtDivergence
from keras_perceiver.training.progress import Progress
from recipes import building
from tests.recipes.text_runs import train


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
