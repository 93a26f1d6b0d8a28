import contextlib
import json
import types

import keras
import numpy as np
import PIL.Image
import pytest
import safetensors.numpy
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from keras_perceiver.convert import load_pretrained
from keras_perceiver.models import from_preset
from keras_perceiver.training.checkpoints import STATE_FILE
from keras_perceiver.training.model import TrainingModel
from keras_perceiver.training.progress import Progress
from keras_perceiver.training.recorder import Recorder
from keras_perceiver.training.recorder import fall_back
from keras_perceiver.training.run_folder import METRICS_FILE
from keras_perceiver.training.run_folder import TIMINGS_FILE
from keras_perceiver.training.run_folder import RunFolder
from keras_perceiver.training.saver import Saver
from tests.training.tiny_numbers import TINY

UNIGRAM = {"nats": 3.25, "accuracy": 0.2, "kind": "baseline"}
STEPS_PER_EPOCH = 3


@contextlib.contextmanager
def recorder_of(path, progress, **options):
    """A preset, its training model and a `Recorder` in a new run folder."""
    folder = RunFolder(path)
    folder.create({}, {}, {})
    folder.baselines_file.write_text(json.dumps({"unigram": UNIGRAM}))
    preset = from_preset("language_bytes", **TINY)
    model = TrainingModel(preset.input, preset.output)
    model.compile(
        keras.optimizers.SGD(0.25),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=[
            keras.metrics.SparseCategoricalCrossentropy(
                from_logits=True, name="nats"
            )
        ],
        run_eagerly=True,
    )
    with (
        Saver(folder.checkpoints, model, preset, keep=2) as saver,
        contextlib.closing(progress),
    ):
        recorder = Recorder(
            folder,
            saver,
            steps_per_epoch=STEPS_PER_EPOCH,
            monitor="nats",
            progress=progress,
            sample=lambda: f"sample ü of {int(model.optimizer.iterations)}",
            **options,
        )
        recorder.set_model(model)
        yield recorder


def examples():
    token_ids = np.random.default_rng(0).integers(6, 262, (8, 6))
    inputs = {
        "token_ids": token_ids.astype("int32"),
        "padding_mask": np.ones((8, 6), "bool"),
    }
    return tf.data.Dataset.from_tensor_slices((inputs, token_ids)).batch(2)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A recorder and its model's history after three real epochs."""
    keras.utils.set_random_seed(0)
    progress = Progress(3 * STEPS_PER_EPOCH)
    path = tmp_path_factory.mktemp("run")
    with recorder_of(path, progress) as recorder:
        history = recorder.model.fit(
            examples().repeat(),
            validation_data=examples().take(1),
            steps_per_epoch=STEPS_PER_EPOCH,
            epochs=3,
            callbacks=[recorder, progress],
            shuffle=False,
            verbose=0,
        )
    return types.SimpleNamespace(
        recorder=recorder, folder=recorder.folder, history=history.history
    )


def test_metrics_are_those_of_fit(run):
    rows = run.folder.read_rows(METRICS_FILE)
    assert [row["step"] for row in rows] == [3, 6, 9]
    assert [row["loss"] for row in rows] == run.history["loss"]
    assert [row["heldout_nats"] for row in rows] == run.history["val_nats"]
    assert [row["heldout_loss"] for row in rows] == run.history["val_loss"]
    assert {row["learning_rate"] for row in rows} == {0.25}
    assert len({row["heldout_nats"] for row in rows}) == 3


def test_timings_are_a_table_of_their_own(run):
    rows = run.folder.read_rows(TIMINGS_FILE)
    assert [row["step"] for row in rows] == [3, 6, 9]
    for row in rows:
        assert 0 < row["seconds"] < 60
        # Faster than the epoch, which evaluated too and began with a step
        # that is not counted.
        assert 2 / row["seconds"] < row["steps_per_second"] < 1000
    metrics = (run.folder.path / METRICS_FILE).read_text()
    assert "second" not in metrics


def test_tensorboard_reads_the_same_numbers(run):
    events = event_accumulator.EventAccumulator(str(run.folder.tensorboard))
    events.Reload()
    tables = {
        METRICS_FILE: ("loss", "learning_rate", "heldout_nats"),
        TIMINGS_FILE: ("seconds",),
    }
    for name, keys in tables.items():
        rows = run.folder.read_rows(name)
        for key in keys:
            seen = events.Tensors(key)
            assert [event.step for event in seen] == [3, 6, 9]
            values = [tf.make_ndarray(event.tensor_proto) for event in seen]
            np.testing.assert_allclose(
                values, [row[key] for row in rows], rtol=1e-6
            )


def test_the_learning_curve_has_the_baseline(run):
    with PIL.Image.open(run.folder.learning_curve_file) as picture:
        assert picture.format == "PNG"
        red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB")), 2, 0)
    # Baselines alone are red.
    assert (red.astype(int) - np.maximum(green, blue) > 50).sum() > 100


def test_there_are_samples_of_every_evaluation(run):
    samples = {
        file.name: file.read_text(encoding="utf-8")
        for file in run.folder.samples.iterdir()
    }
    assert samples == {
        "step_0000003.txt": "sample ü of 3",
        "step_0000006.txt": "sample ü of 6",
        "step_0000009.txt": "sample ü of 9",
    }


def test_last_is_the_model_as_it_is_now(run):
    last = load_pretrained(run.folder.last)
    assert last.preset_name == "language_bytes"
    weights = {weight.path: weight for weight in run.recorder.model.weights}
    for weight in last.weights:
        expected = weights[weight.path].numpy()
        np.testing.assert_array_equal(weight.numpy(), expected)


def test_the_state_is_that_of_the_last_step(run):
    state_file = run.folder.last / STATE_FILE
    assert run.recorder.model.load_training_state(state_file) == {
        "step": 9,
        "best": min(run.history["val_nats"]),
    }


class Listener:
    """A `Progress` that only listens."""

    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)

    def speed(self):
        return None

    def close(self):
        pass


def fabricated(recorder, epoch, value):
    """An evaluation whose outcome is given, of weights that say which."""
    for weight in recorder.saver.preset_model.weights:
        weight.assign(np.full(weight.shape, epoch))
    recorder.on_epoch_begin(epoch)
    recorder.on_epoch_end(epoch, {"loss": 3.0, "val_nats": value})
    recorder.saver.wait()


def epoch_in(folder):
    weights = safetensors.numpy.load_file(folder / "model.safetensors")
    (epoch,) = {value for array in weights.values() for value in array.flat}
    return epoch


def test_best_is_replaced_by_something_better_only(tmp_path):
    progress = Listener()
    with recorder_of(tmp_path, progress) as recorder:
        best_after = [0, 0, 2, 2, 4]
        for epoch, value in enumerate([3.5, 3.75, 3.25, 3.25, 1.0]):
            fabricated(recorder, epoch, value)
            assert epoch_in(tmp_path / "best") == best_after[epoch]
            assert epoch_in(tmp_path / "last") == epoch
    said = [text.endswith("  (best)") for text in progress.said]
    assert said == [True, False, True, False, True]
    assert progress.said[0] == "loss 3.000  held-out nats 3.500  (best)"


def test_a_resumed_run_remembers_its_best(tmp_path):
    with recorder_of(tmp_path, Listener()) as recorder:
        fabricated(recorder, 1, 3.0)
    with recorder_of(tmp_path, Listener(), best=3.0) as recorder:
        fabricated(recorder, 2, 3.5)
        assert epoch_in(tmp_path / "best") == 1
        fabricated(recorder, 3, 2.5)
        assert epoch_in(tmp_path / "best") == 3


def test_the_checkpoint_is_written_last(tmp_path):
    """What is not finished is done again by the run that resumes."""
    with recorder_of(tmp_path, Listener()) as recorder:
        fabricated(recorder, 0, 3.5)
        for name in ("learning_curve", "sample"):
            assert_checkpoint_survives(recorder, name)


def assert_checkpoint_survives(recorder, name):
    def fail(*args):
        raise OSError("disk full")

    replacement = types.SimpleNamespace(draw_run=fail)
    with pytest.MonkeyPatch.context() as patch:
        if name == "sample":
            patch.setattr(recorder, name, fail)
        else:
            module = "keras_perceiver.training.recorder"
            patch.setattr(f"{module}.{name}", replacement)
        with pytest.raises(OSError, match="disk full"):
            fabricated(recorder, 1, 3.0)
    state_file = recorder.folder.last / STATE_FILE
    state = recorder.model.load_training_state(state_file)
    assert state == {"step": STEPS_PER_EPOCH, "best": 3.5}


def test_a_resumed_run_goes_on_with_its_summaries(tmp_path):
    """No step is there twice, as it would be if files were added."""
    with recorder_of(tmp_path, Listener()) as recorder:
        for epoch in range(3):
            fabricated(recorder, epoch, 3.0)
        fall_back(recorder.folder, 6, "nats")
    with recorder_of(tmp_path, Listener()) as recorder:
        fabricated(recorder, 2, 2.5)
        events = event_accumulator.EventAccumulator(
            str(recorder.folder.tensorboard)
        )
        events.Reload()
    seen = events.Tensors("heldout_nats")
    values = [float(tf.make_ndarray(event.tensor_proto)) for event in seen]
    assert [event.step for event in seen] == [3, 6, 9]
    assert values == [3.0, 3.0, 2.5]
    assert [event.step for event in events.Tensors("seconds")] == [3, 6, 9]


def test_records_fall_back_together(tmp_path):
    with recorder_of(tmp_path, Listener()) as recorder:
        folder = recorder.folder
        fabricated(recorder, 0, 3.0)
        curve = folder.learning_curve_file.read_bytes()
        fabricated(recorder, 1, 2.0)
        assert folder.learning_curve_file.read_bytes() != curve
        fall_back(folder, STEPS_PER_EPOCH, "nats")
        assert folder.learning_curve_file.read_bytes() == curve
        names = [path.name for path in folder.samples.iterdir()]
        assert names == ["step_0000003.txt"]
        fall_back(folder, 0, "nats")
    assert not folder.learning_curve_file.exists()
    assert not (folder.path / METRICS_FILE).exists()
