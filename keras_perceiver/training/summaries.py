"""A run's numbers for TensorBoard."""

import math

import tensorflow as tf

from keras_perceiver.training import run_folder


class Summaries:
    """Writes scalars by step.

    Event files cannot be shortened. So they are written anew, from the run's
    tables, when a run goes on, and hold no step twice.

    Args:
        folder: the `RunFolder`.
    """

    def __init__(self, folder):
        for path in folder.tensorboard.glob("*"):
            path.unlink()
        self._writer = tf.summary.create_file_writer(str(folder.tensorboard))
        timings = {
            row["step"]: row
            for row in folder.read_rows(run_folder.TIMINGS_FILE)
        }
        for row in folder.read_rows(run_folder.METRICS_FILE):
            self.write({**timings.get(row["step"], {}), **row})

    def write(self, row):
        """Writes all numbers of a row at its `step`."""
        with self._writer.as_default():
            for key, value in row.items():
                if key != "step" and not math.isnan(value):
                    tf.summary.scalar(key, value, step=int(row["step"]))
        self._writer.flush()
