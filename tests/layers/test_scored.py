"""Attention that always answers with its scores."""

import keras
import numpy as np
import pytest

from keras_perceiver.layers import CrossAttention
from keras_perceiver.layers.scored import Scored
from tests.random_values import random_array
from tests.random_values import randomize

QUERIES, INPUTS = random_array(2, 3, 6), random_array(2, 5, 8)
MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], "bool")


def reader(**settings):
    layer = CrossAttention(2, name="reader", **settings)
    layer(QUERIES, INPUTS)
    randomize(layer)
    return layer


def test_gives_what_the_layer_gives_when_asked():
    layer = reader()
    answers = Scored(layer)(QUERIES, INPUTS, input_mask=MASK)
    expected = layer(
        QUERIES, INPUTS, input_mask=MASK, return_attention_scores=True
    )
    for answer, wanted in zip(answers, expected, strict=True):
        np.testing.assert_array_equal(answer, wanted)


def test_asks_once_where_the_caller_asks_too():
    answers = Scored(reader())(QUERIES, INPUTS, return_attention_scores=True)
    assert [tuple(answer.shape) for answer in answers] == [
        (2, 3, 6),
        (2, 2, 3, 5),
    ]


def test_the_weights_are_those_of_the_layer():
    layer = reader()
    scored = Scored(layer)
    assert [weight.path for weight in scored.weights] == [
        weight.path for weight in layer.weights
    ]
    before = np.array(scored(QUERIES, INPUTS)[0])
    layer.attention.value_dense.kernel.assign(np.zeros((8, 8)))
    assert np.abs(scored(QUERIES, INPUTS)[0] - before).max() > 0.1


@pytest.mark.parametrize("training", [True, False])
def test_training_reaches_the_layer(training):
    layer = reader(dropout=0.9)
    output, _ = Scored(layer)(QUERIES, INPUTS, training=training)
    moved = np.abs(output - layer(QUERIES, INPUTS)).max() > 0.1
    assert moved == training


def test_survives_a_keras_file(tmp_path):
    inputs = {
        "queries": keras.Input((3, 6), name="queries"),
        "inputs": keras.Input((5, 8), name="inputs"),
    }
    model = keras.Model(inputs, list(Scored(reader())(**inputs)))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    given = {"queries": QUERIES, "inputs": INPUTS}
    for answer, wanted in zip(loaded(given), model(given), strict=True):
        np.testing.assert_array_equal(answer, wanted)
