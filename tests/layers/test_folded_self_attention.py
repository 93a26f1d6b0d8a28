"""The self-attend with its norms' weights in its linear layers."""

import pytest

from keras_perceiver.layers import FoldedSelfAttention
from tests.float64_reference import gelu_exact
from tests.float64_reference import gelu_tanh
from tests.float64_reference import self_attention
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

LATENTS = random_array(2, 4, 6)


# Of linear layers, as in a `SelfAttention`.
NAMES = {
    "attention/query": "query",
    "attention/key": "key",
    "attention/value": "value",
    "attention/output": "output",
    "mlp/hidden": "hidden/dense",
    "mlp/output": "mlp_output",
}


def reference(num_heads, gelu):
    """A self-attend whose norms do nothing, and without some biases."""

    def of(weights, latents):
        unfolded = {}
        for name, own in NAMES.items():
            kernel = weights[f"{own}/kernel"].T
            unfolded[f"{name}/kernel"] = kernel
            unfolded[f"{name}/bias"] = weights.get(f"{own}/bias", 0)
        for norm in ("attention_norm", "mlp_norm"):
            unfolded |= {f"{norm}/gamma": 1, f"{norm}/beta": 0}
        return self_attention(unfolded, latents, num_heads, gelu=gelu)

    return of


def weights_of(width, qk, v, hidden):
    kernels = {
        "query": (qk, width),
        "key": (qk, width),
        "value": (v, width),
        "output": (width, v),
        "hidden/dense": (hidden, width),
        "mlp_output": (width, hidden),
    }
    weights = {}
    for name, shape in kernels.items():
        weights[f"{name}/kernel"] = shape
        if name not in ("key", "value"):
            weights[f"{name}/bias"] = shape[:1]
    return weights


CASES = (
    LayerCase(
        "defaults",
        FoldedSelfAttention,
        {"num_heads": 3},
        {"latents": LATENTS},
        weights_of(6, 6, 6, 6),
        reference(3, gelu_tanh),
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
        },
        {"latents": LATENTS},
        weights_of(6, 4, 10, 12),
        reference(2, gelu_exact),
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_an_image_is_no_sequence():
    with pytest.raises(ValueError, match="takes latents of shape"):
        FoldedSelfAttention(2)(random_array(2, 4, 5, 6))
