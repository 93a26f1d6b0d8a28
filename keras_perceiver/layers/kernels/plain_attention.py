"""Attention weights and what they mix, all at a time."""

import math

import keras
from keras import ops

from keras_perceiver.layers.kernels.masks import masked_scores
from keras_perceiver.layers.kernels.masks import without_idle_rows


def attention_weights(query, key, attention_mask):
    """`(B, H, O, M)`: what part each query takes of each value."""
    scores = ops.matmul(scaled(query), swapped(key))
    return ops.softmax(masked_scores(scores, attention_mask), axis=-1)


def scaled(query):
    """Queries that give scores by a product alone.

    There are fewer of their numbers than of scores, which the reference
    multiplies instead.
    """
    return query * (1.0 / math.sqrt(query.shape[-1]))


def mix(weights, value, attention_mask, dropout):
    """`(B, H, O, e)`: the values in the parts that the weights tell."""
    if dropout is not None:
        weights = dropout(weights)
    return without_idle_rows(ops.matmul(weights, value), attention_mask)


def swapped(x):
    """The last two axes in the other order."""
    return ops.transpose(x, (0, 1, 3, 2))


def num_bytes(x):
    """Bytes of one number of a tensor."""
    return int(keras.backend.standardize_dtype(x.dtype)[-2:]) // 8
