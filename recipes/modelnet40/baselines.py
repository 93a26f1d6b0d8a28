"""What a classifier of clouds must beat, and what it is compared with.

The references look at a cloud's D2 shape distribution: how often two of its
points lie how far from each other (Osada et al., Shape Distributions, 2002).
It knows of no place and no direction, and a few hundred numbers of it tell
many shapes apart.
"""

import math

import numpy as np

from recipes.class_baselines import Measure
from recipes.class_baselines import majority
from recipes.class_baselines import references

# Beyond, classical methods take minutes and say little.
MOST_CLOUDS = 20_000
_PAIRS = 8_192
_BINS = 64
# Of the mean distance; further apart are few pairs of any shape.
_FURTHEST = 3.0


def measure(data):
    """Measures baselines and references on the held-out clouds.

    Args:
        data: the `CloudData`.

    Returns:
        `random`, `majority` and, where clouds are not too many,
        `logistic_regression` and `nearest_neighbours`, each a `Measure`.
    """
    counts = data.training_counts()
    heldout, labels = _histograms(data.evaluation_dataset())
    measures = {
        "random": at_random(data.num_classes),
        "majority": majority(counts, labels, "the training clouds"),
    }
    if counts.sum() > MOST_CLOUDS:
        return measures
    training = _histograms(data.first_training_views(int(counts.sum())))
    return {
        **measures,
        **references(
            *training,
            heldout,
            labels,
            looks="distances between points",
            examples="training clouds",
        ),
    }


def at_random(num_classes):
    """What is expected of guesses that take all classes for alike."""
    return Measure(
        top_1_error=1 - 1 / num_classes,
        top_5_error=1 - min(5, num_classes) / num_classes,
        nats=math.log(num_classes),
        kind="baseline",
        description="all classes alike",
    )


def shape_distributions(clouds):
    """Returns D2 shape distributions.

    Args:
        clouds: `(B, M, 3)`.

    Returns:
        float64 `(B, 64)`: densities of distances, in units of their mean.
    """
    # The same pairs of all clouds, whose points are in random order.
    first, second = np.random.default_rng(0).integers(
        clouds.shape[1], size=(2, _PAIRS)
    )
    distances = np.linalg.norm(clouds[:, first] - clouds[:, second], axis=-1)
    distances /= np.maximum(distances.mean(axis=1, keepdims=True), 1e-12)
    return np.stack(
        [
            np.histogram(row, _BINS, (0, _FURTHEST), density=True)[0]
            for row in distances
        ]
    )


def _histograms(batches):
    rows, labels = [], []
    for clouds, targets, _ in batches.as_numpy_iterator():
        rows.append(shape_distributions(clouds))
        labels.append(targets.argmax(axis=1))
    return np.concatenate(rows), np.concatenate(labels)
