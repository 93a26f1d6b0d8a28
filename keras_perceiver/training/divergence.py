"""Stopping a run whose loss is no number any more."""

import math

import keras


class StopAtDivergence(keras.callbacks.Callback):
    """Raises at the first loss that is not finite.

    At once, so that nothing of the diverged state is written: the run's
    `last` stays what it was at the last evaluation.
    """

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"The loss became {loss} at batch {batch + 1} after the last "
                "evaluation; `best` and `last` are kept as they were then. "
                "Begin anew with a lower --optimizer.learning-rate, a longer "
                "--optimizer.warmup-steps or --optimizer.gradient-clip 1."
            )
