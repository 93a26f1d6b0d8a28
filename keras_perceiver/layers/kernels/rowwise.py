"""What is done to each row or number alone, in little memory.

TensorFlow keeps the result of every step of a formula for the backward pass:
six arrays for a GELU, four for a normalisation. Here it keeps what goes in,
and makes the rest anew. Other backends have compilers that choose.
"""

import math

import keras
from keras import ops

from keras_perceiver.layers.kernels.backend import as_tensor
from keras_perceiver.layers.kernels.backend import wait_for

_CUBIC = 0.044715
_SCALE = math.sqrt(2 / math.pi)


def as_rows(x):
    """`(..., C)` as `(R, C)`.

    On rows TensorFlow takes a product, a bias and a GELU as one operation of
    oneDNN; on anything else, with two axes too many, it takes three.
    """
    return ops.reshape(x, (-1, x.shape[-1]))


def as_before(rows, x):
    """Rows `(R, E)` of what was `(..., C)`, as `(..., E)`."""
    return ops.reshape(rows, (*ops.shape(x)[:-1], rows.shape[-1]))


def gelu(x, approximate):
    """Gaussian error linear units.

    Args:
        x: any shape.
        approximate: True for the tanh form, False for the exact one.
    """
    if keras.backend.backend() != "tensorflow":
        return ops.gelu(x, approximate=approximate)
    slope_of = _tanh_slope if approximate else _exact_slope

    @ops.custom_gradient
    def apply(x):
        def gradient(d_output):
            return d_output * slope_of(wait_for(x, d_output))

        return ops.gelu(x, approximate=approximate), gradient

    # TensorFlow joins a GELU to the product before it where the names of its
    # operations come behind those of the product: "hidden/MatMul" of an MLP.
    with keras.name_scope("nonlinearity"):
        return apply(as_tensor(x))


def layer_norm(x, gamma, beta, epsilon):
    """Normalises the last axis, in float32 at least.

    Args:
        x: `(..., C)`.
        gamma: `(C,)`, what a normalised row is multiplied by.
        beta: `(C,)`, what is then added.
        epsilon: added to the variance.

    Returns:
        The same shape, float32 or float64.
    """
    if keras.backend.backend() != "tensorflow":
        return ops.layer_normalization(x, gamma, beta, epsilon=epsilon)

    @ops.custom_gradient
    def apply(x, gamma, beta):
        def gradient(d_output):
            # Else slopes and norms are made, and held, in the forward pass.
            given = wait_for(x, d_output)
            return _norm_gradients(given, gamma, epsilon, d_output)

        normed, _ = _normed(x, epsilon)
        scale, offset = (ops.cast(w, normed.dtype) for w in (gamma, beta))
        # In this order each step can write over what it reads.
        return normed * scale + offset, gradient

    return apply(*map(as_tensor, (x, gamma, beta)))


def _normed(x, epsilon):
    """Rows of mean 0 and variance 1, and what they were multiplied by."""
    wide = ops.cast(x, keras.backend.result_type(x.dtype, "float32"))
    away = wide - ops.mean(wide, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(away), axis=-1, keepdims=True)
    inverse = ops.rsqrt(variance + epsilon)
    return away * inverse, inverse


def _norm_gradients(x, gamma, epsilon, d_output):
    normed, inverse = _normed(x, epsilon)
    d_normed = d_output * ops.cast(gamma, d_output.dtype)
    along = ops.mean(d_normed * normed, axis=-1, keepdims=True)
    level = ops.mean(d_normed, axis=-1, keepdims=True)
    d_x = inverse * (d_normed - level - normed * along)
    rows = tuple(range(len(x.shape) - 1))
    d_gamma = ops.sum(d_output * normed, axis=rows)
    d_beta = ops.sum(d_output, axis=rows)
    return (
        ops.cast(d_x, x.dtype),
        ops.cast(d_gamma, gamma.dtype),
        ops.cast(d_beta, gamma.dtype),
    )


def _tanh_slope(x):
    squares = x * x
    tanh = ops.tanh(_SCALE * x * (1 + _CUBIC * squares))
    inner = _SCALE * (1 + 3 * _CUBIC * squares)
    return 0.5 * (1 + tanh + x * (1 - tanh * tanh) * inner)


def _exact_slope(x):
    density = ops.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return 0.5 * (1 + ops.erf(x / math.sqrt(2))) + x * density
