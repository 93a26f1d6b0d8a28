"""Stopping a run whose loss is no number any more."""

import math

import keras


class StopAtDivergence(keras.callbacks.Callback):
    """Raises at the first loss or metric that is not finite.

    At once, so that nothing of the diverged state is written: the run's
    `last` stays what it was at the last evaluation.
    """

    def on_train_batch_end(self, batch, logs=None):
        when = f"at batch {batch + 1} after the last evaluation"
        self._check({"loss": (logs or {}).get("loss", 0.0)}, when)

    def on_epoch_end(self, epoch, logs=None):
        self._check(logs or {}, "at an evaluation")

    def _check(self, numbers, when):
        for name, number in numbers.items():
            if not math.isfinite(number):
                raise FloatingPointError(
                    f"Training diverged: {name} became {number} {when}. "
                    "`best` and `last` are kept as they were before. "
                    "Begin anew with a lower --optimizer.learning-rate, a "
                    "longer --optimizer.warmup-steps or "
                    "--optimizer.gradient-clip 1."
                )
