"""The recipe's data, opened on a small text."""

import itertools

import numpy as np

from recipes.assignments import assign
from recipes.byte_mlm import RECIPE
from recipes.byte_mlm.data import ByteMaskingData

LENGTH = 32

BATCH = 4

# No window of it is like another.
WORDS = [f"w{number:04d}" for number in range(1000)]

TEXT = " ".join(WORDS).encode()


def configured(source, **settings):
    values = {
        "data": source,
        "model.max-length": LENGTH,
        "training.batch-size": BATCH,
        "start.share": 0,
        "data.masking-probability": 0.15,
        **settings,
    }
    pairs = [(key, str(value)) for key, value in values.items()]
    return assign(RECIPE.configuration("tiny"), pairs)


def opened(source, **settings):
    return ByteMaskingData(configured(source, **settings))


def batches(dataset, count=None):
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


def examples(dataset, count):
    """The first examples of a dataset of batches, as flat tuples."""
    rows = []
    for inputs, targets, weights in batches(dataset, -(-count // BATCH)):
        parts = inputs["token_ids"], inputs["padding_mask"], targets, weights
        rows += list(zip(*parts, strict=True))
    return rows[:count]


def assert_same(one, other):
    assert len(one) == len(other) > 0
    for row, expected in zip(one, other, strict=True):
        for a, b in zip(row, expected, strict=True):
            np.testing.assert_array_equal(a, b)
