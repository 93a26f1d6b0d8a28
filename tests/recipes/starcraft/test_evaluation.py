"""Errors and baselines by hand."""

import types

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.replays import schema
from recipes.starcraft import baselines
from recipes.starcraft.evaluation import Errors
from recipes.starcraft.evaluation import guessed_sets
from recipes.starcraft.evaluation import measure


def test_the_guessed_set_is_all_that_is_half_as_likely_as_the_likeliest():
    chances = np.array([[0.4, 0.2, 0.19, 0.21, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0]])
    assert guessed_sets(chances).tolist() == [
        [True, True, False, True, False],
        [False, True, False, False, False],
    ]


def test_errors_by_hand():
    errors = Errors()
    selected = np.array([[1, 1, 0, 0], [0, 0, 1, 0]], bool)
    chances = np.array([[0.5, 0.1, 0.3, 0.1], [0.4, 0.4, 0.2, 0.0]])
    errors.add(selected, chances)
    means = errors.means()
    # Guessed: the first and the third, then all three.
    f1 = [2 * 1 / (2 + 2), 2 * 1 / (3 + 1)]
    assert means["set_error"] == pytest.approx(1 - np.mean(f1))
    assert means["first_error"] == pytest.approx(0.5)
    nats = [-(np.log(0.5) + np.log(0.1)) / 2, -np.log(0.2)]
    assert means["loss"] == pytest.approx(np.mean(nats))
    # Of four equally likely ones, two are right.
    errors.add(selected[:1], np.full((1, 4), 0.25))
    assert errors.means()["first_error"] == pytest.approx((0 + 1 + 0.5) / 3)


def test_a_model_is_measured_by_its_logits():
    logits = np.array([[2.0, 1.0, -1e30], [0.0, 3.0, 1.0]], "float32")
    mask = np.array([[True, True, False], [True, True, True]])
    shares = np.array([[1.0, 0.0, 0.0], [0.5, 0.0, 0.5]], "float32")
    data = types.SimpleNamespace(
        evaluation_dataset=lambda: [
            ({"entity_mask": tf.constant(mask)}, tf.constant(shares))
        ]
    )

    def model(inputs, training):
        assert not training
        return {"selection_logits": tf.constant(logits)}

    means = measure(model, data)
    probabilities = np.exp(logits.astype("float64")) * mask
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    logs = np.log(np.maximum(probabilities, 1e-30))
    assert means["loss"] == pytest.approx(
        -(shares * logs).sum(axis=1).mean(), rel=1e-6
    )
    assert means["first_error"] == 0.5


def entities_of(rows):
    """Entities of the columns that baselines read."""
    names = ["is_own", "is_type_of_last", "in_selection_2"]
    entities = np.zeros((1, len(rows) + 1, len(schema.COLUMNS)), "float32")
    for number, row in enumerate(rows):
        for name, value in zip(names, row, strict=True):
            entities[0, number, schema.NUMBERS[name]] = value
    mask = np.arange(len(rows) + 1)[None] < len(rows)
    # What stands in empty slots is not looked at.
    entities[0, -1] = 1
    return {"entities": entities, "entity_mask": mask}


def test_baselines_by_hand():
    # An enemy of the last type, two own ones, and one from before.
    rows = [(0, 1, 0), (1, 1, 0), (1, 1, 0), (1, 0, 1)]
    inputs = entities_of(rows)
    last = np.array([[0, 0.5, 0.5, 0, 0]], "float32")
    before = np.array([[0, 0, 0, 1, 0]], "float32")
    batches = tf.data.Dataset.from_generator(
        lambda: iter([(inputs, last), (inputs, before), (inputs, last)]),
        output_signature=(
            {
                "entities": tf.TensorSpec((1, 5, len(schema.COLUMNS))),
                "entity_mask": tf.TensorSpec((1, 5), tf.bool),
            },
            tf.TensorSpec((1, 5)),
        ),
    )
    measured = baselines.measure(
        types.SimpleNamespace(
            training_dataset=lambda first: batches,
            evaluation_dataset=lambda: batches,
        )
    )
    # Of four, two or one are right; the guessed set is all of them.
    assert measured["random"]["first_error"] == pytest.approx(
        1 - (0.5 + 0.25 + 0.5) / 3
    )
    assert measured["random"]["set_error"] == pytest.approx(
        1 - (2 / 3 + 2 / 5 + 2 / 3) / 3
    )
    assert measured["random"]["loss"] == pytest.approx(np.log(4))
    for metric in ("first_error", "set_error"):
        assert measured["last_type"][metric] == pytest.approx(1 / 3)
        assert measured["before_last"][metric] == pytest.approx(2 / 3)
    # Odds of 3 are the likeliest of those that are tried.
    assert measured["last_type"]["loss"] == pytest.approx(
        -(2 * np.log(3 / 8) + np.log(1 / 8)) / 3
    )
