"""The self-attend with its norms' weights in its linear layers."""

import numpy as np
import pytest

from keras_perceiver.layers import FoldedSelfAttention
from tests.float64_reference import attend
from tests.float64_reference import gelu_exact
from tests.float64_reference import gelu_tanh
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.layer_checks import random_array

LATENTS = random_array(2, 4, 6)


def standardized(rows):
    centred = rows - rows.mean(-1, keepdims=True)
    return centred / np.sqrt(rows.var(-1, keepdims=True) + 1e-5)


def reference(num_heads, gelu, transposed):
    def of(weights, latents):
        def linear(x, name):
            kernel = weights[f"{name}/kernel"]
            kernel = kernel.T if transposed else kernel
            return x @ kernel + weights.get(f"{name}/bias", 0)

        def heads_of(name):
            x = linear(standardized(latents), name)
            x = x.reshape(*x.shape[:2], num_heads, -1)
            return x.swapaxes(1, 2)

        read = attend(*map(heads_of, ("query", "key", "value")))
        read = read.swapaxes(1, 2).reshape(*latents.shape[:2], -1)
        x = latents + linear(read, "output")
        hidden = gelu(linear(standardized(x), "hidden/dense"))
        return x + linear(hidden, "mlp_output")

    return of


def weights_of(width, qk, v, hidden, transposed):
    widths = {
        "query": (width, qk),
        "key": (width, qk),
        "value": (width, v),
        "output": (v, width),
        "hidden/dense": (width, hidden),
        "mlp_output": (hidden, width),
    }
    weights = {}
    for name, shape in widths.items():
        weights[f"{name}/kernel"] = shape[::-1] if transposed else shape
        if name not in ("key", "value"):
            weights[f"{name}/bias"] = shape[1:]
    return weights


CASES = (
    LayerCase(
        "defaults",
        FoldedSelfAttention,
        {"num_heads": 3},
        {"latents": LATENTS},
        weights_of(6, 6, 6, 6, False),
        reference(3, gelu_tanh, False),
    ),
    LayerCase(
        "every_width_its_own",
        FoldedSelfAttention,
        {
            "num_heads": 2,
            "qk_channels": 4,
            "v_channels": 10,
            "hidden_channels": 12,
            "gelu_approximate": False,
            "transposed_kernels": True,
        },
        {"latents": LATENTS},
        weights_of(6, 4, 10, 12, True),
        reference(2, gelu_exact, True),
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_an_image_is_no_sequence():
    with pytest.raises(ValueError, match="takes latents of shape"):
        FoldedSelfAttention(2)(random_array(2, 4, 5, 6))
