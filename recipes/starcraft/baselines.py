"""What a model of selections must beat.

Chance; the type that was selected last; and going back to the selection before
the last, since people go to and fro.
"""

import numpy as np

from keras_perceiver.data.replays import schema
from recipes.starcraft.evaluation import Errors

# Of training, the first batches tell how likely a rule is.
_MOST_BATCHES = 32
# Above 2, so that a rule's units and no others are its guessed set.
_ODDS = (3, 4, 8, 16, 32, 64, 128)


def measure(data):
    """Measures the baselines on the held-out moments.

    Args:
        data: the `SelectionData`.

    Returns:
        `{name: {metric: value, "kind", "description"}}`.
    """
    training = data.training_dataset(0).take(_MOST_BATCHES)
    training = list(training.as_numpy_iterator())
    heldout = list(data.evaluation_dataset().as_numpy_iterator())
    measured = {
        "random": {
            **_errors(heldout, is_of_last_type, 1),
            "kind": "baseline",
            "description": "all known units alike",
        }
    }
    for name, (rule, description) in _RULES.items():
        odds = min(
            _ODDS, key=lambda odds: _errors(training, rule, odds)["loss"]
        )
        measured[name] = {
            **_errors(heldout, rule, odds),
            "kind": "baseline",
            "description": (
                f"own units {description}, {odds} times as likely as all others"
            ),
        }
    return measured


def _errors(batches, rule, odds):
    """Errors where the units of a rule are so many times as likely."""
    errors = Errors()
    for inputs, shares in batches:
        weights = np.where(rule(inputs), float(odds), 1.0)
        weights = weights * inputs["entity_mask"]
        errors.add(
            shares > 0,
            weights / weights.sum(axis=1, keepdims=True),
        )
    return errors.means()


def is_of_last_type(inputs):
    """Returns which own units are of a type that is selected.

    Args:
        inputs: `entities` `(B, M, C)` and `entity_mask` `(B, M)`.
    """
    return _own(inputs, "is_type_of_last")


def was_before_last(inputs):
    """Returns which own units were in the selection before the last."""
    return _own(inputs, "in_selection_2")


def _own(inputs, column):
    entities = inputs["entities"]
    return (
        (entities[..., schema.NUMBERS[column]] > 0)
        & (entities[..., schema.NUMBERS["is_own"]] > 0)
        & inputs["entity_mask"]
    )


_RULES = {
    "last_type": (is_of_last_type, "of a type that was selected last"),
    "before_last": (was_before_last, "of the selection before the last"),
}
