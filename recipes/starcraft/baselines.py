"""What a model of selections must beat: chance, and the type chosen last."""

import numpy as np

from keras_perceiver.data.replays import schema
from recipes.starcraft.evaluation import Errors

# Of training, the first batches tell how likely the last type is.
_MOST_BATCHES = 64
_ODDS = (2, 4, 8, 16, 32, 64)


def measure(data):
    """Measures both baselines on the held-out moments.

    Args:
        data: the `SelectionData`.

    Returns:
        `{name: {metric: value, "kind", "description"}}`.
    """
    training = data.training_dataset(0).take(_MOST_BATCHES)
    odds = min(_ODDS, key=lambda odds: _errors(training, odds)["loss"])
    return {
        "random": {
            **_errors(data.evaluation_dataset(), 1),
            "kind": "baseline",
            "description": "all known units alike",
        },
        "last_type": {
            **_errors(data.evaluation_dataset(), odds),
            "kind": "baseline",
            "description": (
                "own units of a type that is selected now, or was last, "
                f"{odds} times as likely as all others"
            ),
        },
    }


def _errors(batches, odds):
    """Errors where units of the last type are so many times as likely."""
    errors = Errors()
    for inputs, shares in batches.as_numpy_iterator():
        weights = np.where(is_of_last_type(inputs), float(odds), 1.0)
        weights = weights * inputs["entity_mask"]
        errors.add(
            shares > 0,
            weights / weights.sum(axis=1, keepdims=True),
        )
    return errors.means()


def is_of_last_type(inputs):
    """Returns which own units are of a type that was selected last.

    Args:
        inputs: `entities` `(B, M, C)` and `entity_mask` `(B, M)`.
    """
    entities = inputs["entities"]
    return (
        (entities[..., schema.NUMBERS["is_type_of_last"]] > 0)
        & (entities[..., schema.NUMBERS["is_own"]] > 0)
        & inputs["entity_mask"]
    )
