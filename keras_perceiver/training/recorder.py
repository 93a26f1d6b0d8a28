"""What a run leaves behind after every evaluation."""

import math
import time

import keras

from keras_perceiver.training import run_folder
from keras_perceiver.training.summaries import Summaries
from keras_perceiver.visualization import learning_curve


def fall_back(folder, step, monitor):
    """Leaves of a `RunFolder`'s records what is up to a step."""
    folder.forget_after(step)
    if folder.read_rows(run_folder.METRICS_FILE):
        learning_curve.draw_run(folder, monitor)


class Recorder(keras.callbacks.Callback):
    """Writes metrics, curve, samples and checkpoints at each epoch's end.

    An epoch is the stretch between two evaluations.

    Args:
        folder: the `RunFolder`.
        saver: the `Saver` of its checkpoints.
        steps_per_epoch: steps between two evaluations.
        monitor: the metric that decides which checkpoint is best; less is
            better.
        progress: the `Progress` that prints for the run.
        sample: a function that returns sample outputs: a text, or the bytes
            of a PNG.
        best: the lowest value so far, if the run is resumed.
    """

    def __init__(
        self,
        folder,
        saver,
        *,
        steps_per_epoch,
        monitor,
        progress,
        sample,
        best=math.inf,
    ):
        super().__init__()
        self.folder = folder
        self.saver = saver
        self.steps_per_epoch = steps_per_epoch
        self.monitor = monitor
        self.progress = progress
        self.sample = sample
        self.best = best
        self._summaries = Summaries(folder)
        self._epoch_began = time.monotonic()
        self._blocked = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_began = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        step = (epoch + 1) * self.steps_per_epoch
        value = logs[f"val_{self.monitor}"]
        self._write_rows(step, logs)
        is_best = value < self.best
        self.best = min(value, self.best)
        self.folder.write_sample(step, self.sample())
        learning_curve.draw_run(self.folder, self.monitor)
        # Last: from here on, a resumed run begins behind this epoch.
        self.saver.save({"step": step, "best": self.best}, value=value)
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
            # Of the checkpoints before this evaluation's own.
            "seconds_saving": self.saver.blocked - self._blocked,
        }
        self._blocked = self.saver.blocked
        self.folder.append(run_folder.METRICS_FILE, metrics)
        self.folder.append(run_folder.TIMINGS_FILE, timings)
        self._summaries.write({**metrics, **timings})
