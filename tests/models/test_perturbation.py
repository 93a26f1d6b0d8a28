"""A model whose inner numbers can be moved."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.models import with_perturbation
from tests.tiny_models import tiny_language

TOKEN_IDS = np.arange(6, 38, dtype="int32")[None] * 5 % 256 + 6
INPUTS = {
    "token_ids": tf.constant(TOKEN_IDS),
    "padding_mask": tf.ones((1, 32), bool),
}


@pytest.fixture(scope="module")
def model():
    return tiny_language(dtype="float64")


def test_nothing_added_changes_nothing(model):
    moved = with_perturbation(model, "token_embedding")
    zeros = tf.zeros((1, 32, 16), "float64")
    np.testing.assert_array_equal(moved([INPUTS, zeros]), model(INPUTS))
    assert moved.count_params() == model.count_params()


def test_what_is_added_counts_as_if_the_embedding_had_it(model):
    moved = with_perturbation(model.encode, "token_embedding")
    added = np.zeros((1, 32, 16))
    added[0, 5] = np.linspace(-0.3, 0.5, 16)
    latents = moved([INPUTS, tf.constant(added)])
    before = model.encode(INPUTS)
    table = model.get_layer("token_embedding").embeddings
    rows = table.numpy()
    assert (TOKEN_IDS[0, 5] == TOKEN_IDS).sum() == 1
    rows[TOKEN_IDS[0, 5]] += added[0, 5]
    table.assign(rows)
    np.testing.assert_allclose(latents, model.encode(INPUTS), rtol=1e-10)
    assert np.abs(latents - before).max() > 1e-3


def test_the_slope_is_that_of_differences(model):
    moved = with_perturbation(model.encode, "token_embedding")

    def total(added):
        return tf.reduce_sum(moved([INPUTS, added])[..., :20] ** 2)

    zeros = tf.zeros((1, 32, 16), "float64")
    with tf.GradientTape() as tape:
        tape.watch(zeros)
        result = total(zeros)
    slopes = tape.gradient(result, zeros).numpy()
    step = np.zeros((1, 32, 16))
    step[0, 7, 3] = 1e-5
    step = tf.constant(step)
    measured = float(total(step) - total(-step)) / 2e-5
    assert slopes[0, 7, 3] == pytest.approx(measured, rel=1e-6)


def test_an_unknown_layer_is_told_the_nearest(model):
    with pytest.raises(ValueError, match="Did you mean 'token_embedding'"):
        with_perturbation(model, "token_embeding")
