"""What a function that trains one trial is given."""

import math
import time

import keras

from keras_perceiver.search.space import LEARNING_RATE


class Trial:
    """One point of the space, to be trained.

    Attributes:
        name: its number, as in `trials.jsonl`.
        choices: the values that were chosen, by name.
        arguments: all arguments of the model's builder.
        learning_rate: the one that was chosen, or None.
        share: of the steps of a whole trial that this one takes; Hyperband
            gives most trials less than 1.
        curve: pairs of a step and the held-out value there.
    """

    def __init__(self, name, choices, template, share, on_report):
        self.name = name
        self.choices = choices
        self.share = share
        self.learning_rate = choices.get(LEARNING_RATE)
        chosen = {k: v for k, v in choices.items() if k != LEARNING_RATE}
        self.arguments = {**template.arguments, **chosen}
        self.overrides = {**template.overrides, **chosen}
        self.curve = []
        self._template = template
        self._on_report = on_report

    def build(self):
        """Returns the model, with fresh weights."""
        return self._template.build(**self.arguments)

    def report(self, step, value):
        """Notes the held-out value at a step, for all to see.

        Raises:
            FloatingPointError: if it is no number any more; the trial is
                pruned then.
        """
        if not math.isfinite(value):
            raise FloatingPointError(f"{value} at step {step:,}")
        self.curve.append([int(step), float(value)])
        self._on_report(self.curve)

    def watch(self, metric="val_loss"):
        """Returns a Keras callback that reports a metric at each epoch's end.

        Args:
            metric: its name in the logs of `fit`.
        """
        return _Watch(self, metric)


class _Watch(keras.callbacks.Callback):
    def __init__(self, trial, metric):
        super().__init__()
        self.trial = trial
        self.metric = metric

    def on_epoch_end(self, epoch, logs=None):
        if self.metric not in (logs or {}):
            raise ValueError(
                f"fit has no {self.metric}. It has {', '.join(logs or {})}: "
                "name one of them, or give fit validation_data."
            )
        self.trial.report(epoch + 1, float(logs[self.metric]))


def new_record(name, choices, template, cost, share, worker):
    """Returns what `trials.jsonl` holds of a trial that begins."""
    chosen = {k: v for k, v in choices.items() if k != LEARNING_RATE}
    return {
        "trial": name,
        "state": "running",
        "reason": None,
        "choices": choices,
        "arguments": {**template.overrides, **chosen},
        "learning_rate": choices.get(LEARNING_RATE),
        "share": share,
        "cost": cost,
        "curve": [],
        "value": None,
        "seconds": None,
        "worker": worker,
        "deaths": [],
        "began": time.time(),
    }
