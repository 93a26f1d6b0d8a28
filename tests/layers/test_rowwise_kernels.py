"""GELU and layer normalisation against the same formulas differentiated."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_perceiver.layers import kernels
from tests.float64_reference import assert_near
from tests.random_values import random_array

X = 3 * random_array(4, 5, 6)
GAMMA, BETA = random_array(6, seed=1), random_array(6, seed=2)
UPSTREAM = random_array(4, 5, 6, seed=3)
# TensorFlow rounds the constants of its GELU to float32 under every dtype.
TOLERANCE = {"float64": 1e-8, "float32": 1e-6, "bfloat16": 2e-2}


def gradients(function, dtype, *arrays, compiled=False):
    """The answer, and gradients of a random projection of it."""
    tensors = [tf.cast(array, dtype) for array in arrays]

    @tf.function(jit_compile=compiled)
    def compute(*tensors):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            answer = function(*tensors)
            loss = tf.reduce_sum(answer * tf.cast(UPSTREAM, answer.dtype))
        return answer, tape.gradient(loss, tensors)

    answer, slopes = compute(*tensors)
    return [np.array(tf.cast(x, "float64")) for x in (answer, *slopes)]


def plain_norm(x, gamma, beta):
    return ops.layer_normalization(x, gamma, beta, epsilon=1e-5)


def norm(x, gamma, beta):
    return kernels.layer_norm(x, gamma, beta, 1e-5)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_norms_are_those_of_keras(dtype, compiled):
    arrays = X, GAMMA, BETA
    expected = gradients(plain_norm, "float64", *arrays)
    actual = gradients(norm, dtype, *arrays, compiled=compiled)
    for one, other in zip(actual, expected, strict=True):
        assert_near(one, other, TOLERANCE[dtype])


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("approximate", [True, False])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_gelus_are_those_of_keras(dtype, approximate, compiled):
    def plain(x):
        return ops.gelu(x, approximate=approximate)

    def gelu(x):
        return kernels.gelu(x, approximate)

    expected = gradients(plain, "float64", X)
    actual = gradients(gelu, dtype, X, compiled=compiled)
    for one, other in zip(actual, expected, strict=True):
        assert_near(one, other, TOLERANCE[dtype])


@pytest.mark.parametrize("approximate", [True, False])
def test_far_values_have_the_slopes_of_a_line(approximate):
    far = tf.constant([-1e4, -40.0, 40.0, 1e4])
    with tf.GradientTape() as tape:
        tape.watch(far)
        answer = kernels.gelu(far, approximate)
    assert tape.gradient(answer, far).numpy().tolist() == [0, 0, 1, 1]


def test_gradients_have_gradients():
    """As a penalty on gradients needs them.

    TensorFlow's moments, in Keras's own normalisation, have wrong ones.
    """
    x = tf.constant(X, "float64")

    def exact_norm(x):
        away = x - tf.reduce_mean(x, -1, keepdims=True)
        variance = tf.reduce_mean(away**2, -1, keepdims=True)
        return away / tf.sqrt(variance + 1e-5) * GAMMA + BETA

    def curvature(function):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                answer = tf.reduce_sum(function(x) * UPSTREAM)
            penalty = tf.reduce_sum(inner.gradient(answer, x) ** 2)
        return np.array(outer.gradient(penalty, x))

    def our_norm(x):
        return norm(x, GAMMA, BETA)

    def our_gelu(x):
        return kernels.gelu(x, approximate=True)

    assert_near(curvature(our_norm), curvature(exact_norm), 1e-12)
    assert_near(curvature(our_gelu), curvature(ops.gelu), 1e-8)
