"""Attacks, on models whose worst case is known."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.training.attacks import PixelAttack
from keras_perceiver.training.attacks import TokenAttack
from keras_perceiver.training.model import TrainingModel

RNG = np.random.default_rng(0)
SLOPES = RNG.normal(size=(2, 3, 1)).astype("float32")
IMAGES = RNG.uniform(0, 1, (4, 2, 3, 1)).astype("float32")
VOCABULARY, WIDTH, LENGTH = 9, 5, 6


def sum_of(targets, predictions, weights=None):
    return tf.reduce_sum(predictions)


@pytest.fixture(scope="module")
def linear():
    """Pixels times known slopes."""
    images = keras.Input((2, 3, 1))
    outputs = keras.layers.Dense(1, use_bias=False)(
        keras.layers.Flatten()(images)
    )
    model = TrainingModel(images, outputs)
    model.layers[-1].kernel.assign(SLOPES.reshape(6, 1))
    return model


@pytest.mark.parametrize("steps", [1, 4])
def test_pixels_go_to_the_corner_that_is_worst(linear, steps):
    attack = PixelAttack(
        linear, sum_of, bound=0.1, lowest=0.0, highest=0.95, steps=steps
    )
    changed = tf.function(attack, jit_compile=True)(IMAGES, None)
    wanted = np.clip(IMAGES + 0.1 * np.sign(SLOPES), 0.0, 0.95)
    np.testing.assert_allclose(changed, wanted, rtol=1e-6)


def test_gradients_are_followed_around_a_bend():
    images = keras.Input((1,))
    hill = TrainingModel(images, -((images - 0.03) ** 2))
    attack = PixelAttack(
        hill, sum_of, bound=0.1, lowest=-1.0, highest=1.0, steps=50
    )
    # From 0 uphill, and no further than the top, but for a step.
    changed = float(attack(tf.zeros((1, 1)), None)[0, 0])
    assert abs(changed - 0.03) < 2.5 * 0.1 / 50 + 1e-6


@pytest.fixture(scope="module")
def additive():
    """Embeddings times a slope for each place, so that gains are exact."""
    inputs = {
        "token_ids": keras.Input((LENGTH,), dtype="int32", name="token_ids"),
        "padding_mask": keras.Input(
            (LENGTH,), dtype="bool", name="padding_mask"
        ),
    }
    embedding = keras.layers.Embedding(
        VOCABULARY, WIDTH, name="token_embedding"
    )
    embedded = embedding(inputs["token_ids"])
    embedded *= keras.ops.cast(inputs["padding_mask"], "float32")[..., None]
    outputs = keras.layers.Dense(1)(keras.layers.Flatten()(embedded))
    model = keras.Model(inputs, outputs)
    for weight in model.weights:
        weight.assign(RNG.normal(size=weight.shape))
    return model


def test_the_worst_replacements_are_found(additive):
    token_ids = RNG.integers(0, VOCABULARY, (5, LENGTH)).astype("int32")
    inputs = {"token_ids": token_ids, "padding_mask": token_ids >= 0}
    may = np.arange(VOCABULARY) >= 3
    attack = TokenAttack(additive, sum_of, share=0.3, replaceable=may, steps=2)
    found = tf.function(attack, jit_compile=True)(inputs, None)
    table, kernel, _ = (weight.numpy() for weight in additive.weights)
    values = np.einsum("vc,mc->mv", table, kernel.reshape(LENGTH, WIDTH))
    for before, after in zip(token_ids, found["token_ids"], strict=True):
        wanted = before.copy()
        best = np.where(may, values, -np.inf).argmax(axis=1)
        here = values[range(LENGTH), before]
        gain = values[range(LENGTH), best] - here
        gain[~may[before]] = -np.inf
        count = int(np.ceil(0.3 * may[before].sum()))
        for place in np.argsort(-gain, kind="stable")[:count]:
            wanted[place] = best[place]
        np.testing.assert_array_equal(after, wanted)
    np.testing.assert_array_equal(found["padding_mask"], token_ids >= 0)
    assert (token_ids != found["token_ids"].numpy()).sum() >= 5


@pytest.mark.parametrize("jit_compile", [False, True])
def test_steps_train_on_what_the_attack_gives(linear, jit_compile):
    attack = PixelAttack(
        linear, sum_of, bound=0.1, lowest=0.0, highest=1.0, steps=2
    )
    targets = np.zeros((4, 1), "float32")

    def loss_of(images, **options):
        linear.compile("sgd", "mse", jit_compile=jit_compile, **options)
        return linear.train_on_batch(images, targets)

    kernel = linear.layers[-1].kernel
    before = kernel.numpy()
    attacked = loss_of(IMAGES, attack=attack)
    after = kernel.numpy()
    kernel.assign(before)
    changed = attack(tf.constant(IMAGES), targets)
    assert attacked == pytest.approx(loss_of(changed), rel=1e-6)
    np.testing.assert_allclose(after, kernel, rtol=1e-6)
    kernel.assign(before)
    assert attacked > loss_of(IMAGES) + 1e-3
    kernel.assign(before)
