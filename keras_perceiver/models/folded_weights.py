"""Products of the weights of an attend, in float64."""

import dataclasses
import math

import numpy as np
from keras import ops


def values_of(weight):
    """A weight's values as float64 numpy."""
    return ops.convert_to_numpy(weight).astype("float64")


def dense_values(dense):
    """Kernel and bias of a linear layer; factors of LoRA are added in."""
    kernel = values_of(dense.kernel)
    bias = dense.bias
    return kernel, np.zeros(kernel.shape[1]) if bias is None else values_of(
        bias
    )


def behind_norm(norm, kernel, bias):
    """What a linear layer becomes that takes in the norm's weights."""
    gamma, beta = values_of(norm.gamma), values_of(norm.beta)
    return gamma[:, None] * kernel, beta @ kernel + bias


@dataclasses.dataclass(frozen=True)
class ReadingWeights:
    """The weights of an attend before its MLP, without norms' own.

    Attributes:
        query, key, value, output: kernels.
        query_bias: `(qk,)`.
        bias: `(E,)`, added to what is read.
        idle_bias: `(E,)`, added where nothing may be read.
    """

    query: np.ndarray
    key: np.ndarray
    value: np.ndarray
    output: np.ndarray
    query_bias: np.ndarray
    bias: np.ndarray
    idle_bias: np.ndarray


def reading_weights(attention, query_norm, input_norm):
    """Returns the `ReadingWeights` of a built `Attention` behind norms."""
    query, query_bias = behind_norm(
        query_norm, *dense_values(attention.query_dense)
    )
    key, _ = behind_norm(input_norm, *dense_values(attention.key_dense))
    value, value_bias = behind_norm(
        input_norm, *dense_values(attention.value_dense)
    )
    output, output_bias = dense_values(attention.output_dense)
    return ReadingWeights(
        query=query,
        key=key,
        value=value,
        output=output,
        query_bias=query_bias,
        bias=value_bias @ output + output_bias,
        idle_bias=output_bias,
    )


def score_kernels(weights, plan):
    """Kernels and biases that make the scores, as `plan` has them.

    Attention divides scores by the root of the width that they are made in,
    which the products make up for.

    Returns:
        By the names of the layers `query` and `key`, those of them that
        there are: their weights in Keras's order.
    """
    query, key = weights.query, weights.key
    channels = query.shape[1]
    if plan.query_channels is None:
        # Constants along a key are free: queries' channels sum to zero, and
        # to their number once 1 is added. So the queries' bias gets in.
        product = key @ query.T
        product -= product.mean(1, keepdims=True)
        product += (key @ weights.query_bias)[:, None] / len(query)
        return {"key": [product * math.sqrt(len(query) / channels)]}
    if plan.key_channels is None:
        scale = math.sqrt(len(key) / channels)
        return {
            "query": [
                query @ key.T * scale,
                weights.query_bias @ key.T * scale,
            ]
        }
    return {"query": [query, weights.query_bias], "key": [key]}


def mixture_kernels(weights, plan):
    """The same for `value` and `output`."""
    if plan.value_channels is None:
        return {"output": [weights.value @ weights.output]}
    if plan.output_channels is None:
        return {"value": [weights.value @ weights.output]}
    return {"value": [weights.value], "output": [weights.output]}


def projected(rows, epsilon, kernel, bias):
    """Rows, standardised and then projected."""
    rows = rows - rows.mean(-1, keepdims=True)
    variance = np.square(rows).mean(-1, keepdims=True)
    return rows / np.sqrt(variance + epsilon) @ kernel + bias
