"""What a run leaves behind after every evaluation."""

import math
import time

import keras
import tensorflow as tf

from keras_perceiver.convert import save_pretrained
from keras_perceiver.training import run_folder
from keras_perceiver.visualization import learning_curve


class Recorder(keras.callbacks.Callback):
    """Writes metrics, curve, samples and checkpoints at each epoch's end.

    An epoch is the stretch between two evaluations.

    Args:
        folder: the `RunFolder`.
        preset_model: the preset that is trained, which shares the weights of
            the model that `fit` runs; it is what `best` and `last` hold.
        steps_per_epoch: steps between two evaluations.
        monitor: the metric that decides which checkpoint is best; less is
            better.
        progress: the `Progress` that prints for the run.
        sample: a function that returns a text of sample outputs.
        begin: `progress` of the training state that the run resumes from.
    """

    def __init__(
        self,
        folder,
        preset_model,
        *,
        steps_per_epoch,
        monitor,
        progress,
        sample,
        begin=None,
    ):
        super().__init__()
        self.folder = folder
        self.preset_model = preset_model
        self.steps_per_epoch = steps_per_epoch
        self.monitor = monitor
        self.progress = progress
        self.sample = sample
        self.best = (begin or {}).get("best", math.inf)
        self._summaries = tf.summary.create_file_writer(str(folder.tensorboard))
        self._epoch_began = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_began = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        step = (epoch + 1) * self.steps_per_epoch
        value = logs[f"val_{self.monitor}"]
        self._write_rows(step, logs)
        is_best = value < self.best
        if is_best:
            self.best = value
            save_pretrained(self.preset_model, self.folder.best)
        save_pretrained(self.preset_model, self.folder.last)
        sample = self.folder.samples / f"step_{step:07d}.txt"
        sample.write_text(self.sample(), encoding="utf-8")
        learning_curve.draw_run(self.folder, self.monitor)
        # Last: from here on, a resumed run begins behind this epoch.
        self.model.save_training_state(
            self.folder.state_file, {"step": step, "best": self.best}
        )
        self.progress.say(
            f"loss {logs['loss']:.3f}  held-out {self.monitor} {value:.3f}"
            + ("  (best)" if is_best else "")
        )

    def _write_rows(self, step, logs):
        seconds = time.monotonic() - self._epoch_began
        metrics = {"step": step, "loss": logs["loss"]}
        metrics["learning_rate"] = float(self.model.optimizer.learning_rate)
        for key, value in logs.items():
            if key.startswith("val_"):
                metrics[key.replace("val_", "heldout_")] = value
        timings = {
            "step": step,
            "seconds": seconds,
            "steps_per_second": self.progress.speed() or math.nan,
        }
        self.folder.append(run_folder.METRICS_FILE, metrics)
        self.folder.append(run_folder.TIMINGS_FILE, timings)
        with self._summaries.as_default():
            for key, value in {**metrics, **timings}.items():
                if key != "step":
                    tf.summary.scalar(key, value, step=step)
        self._summaries.flush()
