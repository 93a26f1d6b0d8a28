"""Saving beside training: what is saved, when, and whose error is told."""

import threading

import numpy as np
import pytest

from keras_perceiver.convert import load_pretrained
from keras_perceiver.models import from_preset
from keras_perceiver.training.checkpoints import Checkpoints
from keras_perceiver.training.model import TrainingModel
from keras_perceiver.training.saver import Saver
from tests.training.tiny_numbers import TINY


@pytest.fixture(scope="module")
def models():
    preset = from_preset("language_bytes", **TINY)
    model = TrainingModel(preset.input, preset.output)
    model.compile("sgd")
    return model, preset


def set_all(preset, value):
    for weight in preset.weights:
        weight.assign(np.full(weight.shape, value))


class Slow:
    """`Checkpoints` that wait for a sign before they write."""

    def __init__(self, path, error=None):
        self.inner = Checkpoints(path)
        self.error = error
        self.sign = threading.Event()
        self.began = []

    def save(self, step, write, **options):
        self.began.append(step)
        assert self.sign.wait(60)
        if self.error is not None:
            raise self.error
        self.inner.save(step, write, **options)


def test_what_is_saved_is_the_model_of_that_moment(models, tmp_path):
    _, preset = models
    checkpoints = Slow(tmp_path)
    with Saver(checkpoints, *models, keep=2) as saver:
        set_all(preset, 1.0)
        saver.save({"step": 1})
        # Training goes on while nothing is written yet.
        set_all(preset, 2.0)
        assert not (tmp_path / "last").exists()
        checkpoints.sign.set()
    saved = load_pretrained(tmp_path / "last")
    assert all((weight.numpy() == 1.0).all() for weight in saved.weights)
    state_file = tmp_path / "last" / "training_state.safetensors"
    assert models[0].load_training_state(state_file) == {"step": 1}
    assert all((weight.numpy() == 1.0).all() for weight in preset.weights)


def test_one_is_saved_at_a_time(models, tmp_path):
    checkpoints = Slow(tmp_path)
    with Saver(checkpoints, *models, keep=2) as saver:
        saver.save({"step": 1})
        threading.Timer(0.1, checkpoints.sign.set).start()
        saver.save({"step": 2})
        assert checkpoints.began[0] == 1
        assert (tmp_path / "checkpoints" / "step_0000001").is_dir()
    assert (saver.count, saver.last_step) == (2, 2)
    assert (tmp_path / "checkpoints" / "step_0000002").is_dir()


def test_an_error_is_told_at_the_next_save(models, tmp_path):
    checkpoints = Slow(tmp_path, OSError("disk full"))
    checkpoints.sign.set()
    saver = Saver(checkpoints, *models, keep=2)
    saver.save({"step": 1})
    with pytest.raises(OSError, match="disk full"):
        saver.save({"step": 2})
    assert checkpoints.began == [1]


def test_an_error_of_the_last_save_is_told_at_the_end(models, tmp_path):
    checkpoints = Slow(tmp_path, OSError("disk full"))
    checkpoints.sign.set()
    with (
        pytest.raises(OSError, match="disk full"),
        Saver(checkpoints, *models, keep=2) as saver,
    ):
        saver.save({"step": 1})


def save_and_fail(checkpoints, models, error):
    with Saver(checkpoints, *models, keep=2) as saver:
        saver.save({"step": 1})
        raise error


def test_the_error_that_ends_a_run_is_the_one_told(models, tmp_path):
    checkpoints = Slow(tmp_path, OSError("disk full"))
    checkpoints.sign.set()
    with pytest.raises(FloatingPointError, match="diverged"):
        save_and_fail(checkpoints, models, FloatingPointError("diverged"))


def test_an_interrupted_run_finishes_its_checkpoint(models, tmp_path):
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        save_and_fail(checkpoints, models, KeyboardInterrupt())
    assert len(checkpoints.check()[0]) == 1


def test_it_says_what_saving_cost(models, tmp_path):
    with Saver(Checkpoints(tmp_path), *models, keep=2) as saver:
        for step in (1, 2):
            saver.save({"step": step})
    saver.blocked = 3.0
    assert saver.summary(600.0) == (
        "checkpoints: 2, one every 5 min 0 s; training waited 3.00 s for them "
        "(0.5%)"
    )
