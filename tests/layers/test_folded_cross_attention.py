"""A cross-attend's reading, with whatever can be multiplied beforehand."""

import numpy as np
import pytest

from keras_perceiver.layers import FoldedCrossAttention
from tests.float64_reference import standardized
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

QUERIES = random_array(2, 3, 6)
INPUTS = random_array(2, 5, 8)
INPUT_MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], "bool")
QUERY_MASK = np.array([[1, 0, 1], [0, 1, 1]], "bool")


def read(weights, queries, inputs, input_mask, query_mask):
    """Whatever is projected, by the weights that there are."""
    projected = {"query": queries, "key": inputs, "value": inputs}
    for name, rows in projected.items():
        if f"{name}/kernel" in weights:
            rows = rows @ weights[f"{name}/kernel"]
        projected[name] = rows + weights.get(f"{name}/bias", 0)
    query, key, value = projected.values()
    scores = query @ key.swapaxes(1, 2) / np.sqrt(key.shape[-1])
    shares = np.exp(scores) * input_mask[:, None]
    mixed = shares / shares.sum(-1, keepdims=True) @ value
    if "output/kernel" in weights:
        mixed = mixed @ weights["output/kernel"]
    valid = query_mask[..., None]
    return np.where(valid, mixed + weights["bias"], weights["idle_bias"])


def read_with_offset(weights, queries, inputs, input_mask, query_mask):
    return read(
        weights,
        standardized(queries) + 1,
        standardized(inputs),
        input_mask,
        query_mask,
    )


def read_by_constants(weights, queries, inputs, input_mask, query_mask):
    return read(weights, queries, standardized(inputs), input_mask, query_mask)


def read_by_outputs(weights, **inputs):
    kernels = {k: w.T for k, w in weights.items() if k.endswith("kernel")}
    return read_by_constants({**weights, **kernels}, **inputs)


def case(name, config, queries, weights, reference):
    return LayerCase(
        name,
        FoldedCrossAttention,
        config,
        {
            "queries": queries,
            "inputs": INPUTS,
            "input_mask": INPUT_MASK,
            "query_mask": QUERY_MASK,
        },
        {"bias": (6,), "idle_bias": (6,), **weights},
        reference,
    )


CASES = (
    case(
        "of_the_queries_width",
        {"key_channels": 6, "value_channels": 6, "query_offset": 1.0},
        QUERIES,
        {"key/kernel": (8, 6), "value/kernel": (8, 6)},
        read_with_offset,
    ),
    case(
        "constant_queries",
        {"constant_queries": True, "output_channels": 6},
        random_array(1, 3, 8),
        {"output/kernel": (8, 6)},
        read_by_constants,
    ),
    case(
        "kernels_by_outputs",
        {
            "constant_queries": True,
            "output_channels": 6,
            "transposed_kernels": True,
        },
        random_array(1, 3, 8),
        {"output/kernel": (6, 8)},
        read_by_outputs,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_an_image_is_no_sequence():
    with pytest.raises(ValueError, match="takes inputs of shape"):
        FoldedCrossAttention()(QUERIES, random_array(2, 4, 5, 8))
