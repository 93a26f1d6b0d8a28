"""How well selections are guessed; the same for models and baselines.

A model says for each unit how likely it is the one, when one is selected. Of
a selection of several, each is as right as the others. So:

- `loss` is the cross-entropy in nats to equal shares of the selected units;
- `first_error` how often the likeliest unit is not among the selected, by
  chance where several are equally likely;
- `set_error` one less the mean F1 of the guessed set, which is all units at
  least half as likely as the likeliest: a model that has learned the shares
  of a selection gives its units about equal ones, however many they are.
"""

import numpy as np
import tensorflow as tf

HALF = 0.5
_SMALLEST = 1e-30


def guessed_sets(probabilities):
    """Returns which units a model would select, bool `(B, M)`.

    Args:
        probabilities: `(B, M)`, zero where there is no unit.
    """
    best = probabilities.max(axis=-1, keepdims=True)
    return probabilities >= HALF * best


class Errors:
    """Sums of errors over moments, and their means."""

    def __init__(self):
        self._sums = {"loss": 0.0, "first_error": 0.0, "set_error": 0.0}
        self._count = 0

    def add(self, selected, probabilities):
        """Takes a batch and what was guessed of it.

        Args:
            selected: bool `(B, M)`.
            probabilities: `(B, M)`, zero where there is no unit.
        """
        chances = np.asarray(probabilities, "float64")
        sizes = selected.sum(axis=1)
        logs = np.log(np.maximum(chances, _SMALLEST))
        nats = -(logs * selected).sum(axis=1) / sizes
        best = chances == chances.max(axis=1, keepdims=True)
        right = (best & selected).sum(axis=1) / best.sum(axis=1)
        guessed = guessed_sets(chances)
        hits = (guessed & selected).sum(axis=1)
        f1 = 2 * hits / (guessed.sum(axis=1) + sizes)
        self._sums["loss"] += float(nats.sum())
        self._sums["first_error"] += float((1 - right).sum())
        self._sums["set_error"] += float((1 - f1).sum())
        self._count += len(selected)

    def means(self):
        """Returns the mean errors by name."""
        return {name: total / self._count for name, total in self._sums.items()}


def measure(model, data):
    """Returns held-out errors of a model.

    Args:
        model: an entity encoder.
        data: the `SelectionData`.
    """

    @tf.function
    def chances_of(inputs):
        logits = model(inputs, training=False)["selection_logits"]
        return tf.where(inputs["entity_mask"], tf.nn.softmax(logits), 0.0)

    errors = Errors()
    for inputs, shares in data.evaluation_dataset():
        errors.add(shares.numpy() > 0, chances_of(inputs).numpy())
    return errors.means()
