"""A learned token in the place of what is not given."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.layers import ModalityMask
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.random_values import random_array

NAN = float("nan")


def with_gaps():
    """A whole token missing, one channel of another, one whole example."""
    tokens = random_array(3, 4, 5)
    tokens[0, 1] = NAN
    tokens[1, 3, 2] = NAN
    tokens[2] = NAN
    return tokens


GAPS = with_gaps()
MISSING = np.array([[0, 1, 0, 0], [0, 0, 0, 1], [1, 1, 1, 1]], "bool")


def replaced(weights, inputs):
    outputs = np.zeros(inputs.shape)
    for place in np.ndindex(inputs.shape[:2]):
        token = inputs[place]
        known = all(value == value for value in token)
        outputs[place] = token if known else weights["token"]
    return outputs


CASES = (
    LayerCase(
        "with_gaps",
        ModalityMask,
        {},
        {"inputs": GAPS},
        {"token": (5,)},
        replaced,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("training", [True, False])
def test_the_learned_token_stands_where_anything_is_missing(training):
    layer = built(CASES[0])
    outputs = np.array(layer(GAPS, training=training))
    np.testing.assert_array_equal(outputs[~MISSING], GAPS[~MISSING])
    token = keras.ops.convert_to_numpy(layer.token)
    assert (outputs[MISSING] == token).all()


def test_infinity_is_a_value():
    tokens = np.array([[[np.inf, 1.0, -np.inf]]], "float32")
    np.testing.assert_array_equal(ModalityMask()(tokens), tokens)


def test_starts_as_the_reference_does():
    layer = ModalityMask()
    layer(np.zeros((1, 1, 20_000)))
    token = keras.ops.convert_to_numpy(layer.token)
    assert token.std() == pytest.approx(0.0176, rel=0.02)
    assert 0.039 < np.abs(token).max() <= 0.04


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradients_pass_by_the_gaps(jit_compile, dtype):
    """Those of known tokens reach their makers, those of gaps the token."""
    layer = built(CASES[0], dtype=dtype)
    scale = tf.Variable(1.0)
    weights = random_array(3, 4, 5, seed=3)

    @tf.function(jit_compile=jit_compile)
    def slopes():
        with tf.GradientTape() as tape:
            outputs = layer(scale + tf.constant(GAPS), training=True)
            loss = tf.reduce_sum(tf.cast(outputs, "float32") * weights)
        return loss, tape.gradient(loss, [layer.token.value, scale])

    loss, (of_token, of_scale) = slopes()
    tolerance = 1e-5 if dtype == "float32" else 0.02
    assert np.isfinite(loss)
    np.testing.assert_allclose(
        of_token, weights[MISSING].sum(0), rtol=tolerance, atol=tolerance
    )
    np.testing.assert_allclose(
        of_scale, weights[~MISSING].sum(), rtol=tolerance
    )
