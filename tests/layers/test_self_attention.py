"""The self-attend: one layer of the processor."""

import functools

import keras
import numpy as np
import pytest

from keras_perceiver.layers import SelfAttention
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.random_values import random_array
from tests.random_values import weight_values
from tests.scored_answers import assert_same_answer

LATENTS = random_array(2, 4, 6)
MASK = np.array([[1, 1, 0, 1], [0, 0, 0, 0]], "bool")


def self_weights(width, qk, v, widening):
    hidden = widening * width
    linears = {
        "attention/query": (width, qk),
        "attention/key": (width, qk),
        "attention/value": (width, v),
        "attention/output": (v, width),
        "mlp/hidden": (width, hidden),
        "mlp/output": (hidden, width),
    }
    weights = {}
    for name, shape in linears.items():
        weights[f"{name}/kernel"] = shape
        weights[f"{name}/bias"] = shape[1:]
    # One norm serves queries, keys and values.
    for name in ("attention_norm", "mlp_norm"):
        weights[f"{name}/gamma"] = weights[f"{name}/beta"] = (width,)
    return weights


CASES = (
    LayerCase(
        "processor",
        SelfAttention,
        {"num_heads": 3, "widening_factor": 2},
        {"latents": LATENTS},
        self_weights(6, qk=6, v=6, widening=2),
        functools.partial(float64_reference.self_attention, num_heads=3),
    ),
    LayerCase(
        "transformer",
        SelfAttention,
        {
            "num_heads": 2,
            "qk_channels": 4,
            "v_channels": 10,
            "gelu_approximate": False,
        },
        {"latents": LATENTS, "latent_mask": MASK},
        self_weights(6, qk=4, v=10, widening=1),
        functools.partial(
            float64_reference.self_attention,
            num_heads=2,
            gelu=float64_reference.gelu_exact,
        ),
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_what_stands_under_the_mask_has_no_influence_on_others():
    layer = built(CASES[1])
    mask = np.array([[1, 1, 0, 1]] * 2, "bool")
    other = np.where(mask[..., None], LATENTS, 1e3).astype("float32")
    first, second = (
        np.array(layer(latents, latent_mask=mask))
        for latents in (LATENTS, other)
    )
    np.testing.assert_array_equal(first[mask], second[mask])


def test_an_example_without_any_valid_latent_reads_nothing():
    layer = built(CASES[0])
    weights = weight_values(layer)
    output = layer(LATENTS, latent_mask=MASK)
    update = LATENTS[1] + weights["attention/output/bias"]
    expected = float64_reference.residual_mlp(update, weights)
    assert_near(output[1], expected, 2e-6)


def test_has_no_sense_of_order():
    """Positions come with the inputs; nothing here tells latents apart."""
    layer = built(CASES[0])
    order = [2, 0, 3, 1]
    assert_near(layer(LATENTS[:, order]), np.array(layer(LATENTS))[:, order])


def test_examples_do_not_see_each_other():
    layer = built(CASES[0])
    assert_near(layer(LATENTS[1:]), layer(LATENTS)[1:], 1e-6)


def test_errors_say_what_came_and_what_was_wanted():
    with pytest.raises(ValueError, match="batch, length, channels") as error:
        SelfAttention(2)(LATENTS[0])
    assert "(4, 6)" in str(error.value)
    with pytest.raises(ValueError, match="qk_channels=6, num_heads=4"):
        SelfAttention(4)(LATENTS)


@pytest.mark.parametrize("mask", [None, MASK])
def test_scores_are_what_the_latents_were_mixed_by(mask):
    layer = built(CASES[0])
    output, scores = layer(
        LATENTS, latent_mask=mask, return_attention_scores=True
    )
    expected = float64_reference.self_attention_scores(
        weight_values(layer), LATENTS, num_heads=3, latent_mask=mask
    )
    assert_near(scores, expected, 2e-6)
    assert_same_answer(output, layer(LATENTS, latent_mask=mask))


def test_symbolic_scores_have_the_shape_of_real_ones():
    layer = built(CASES[0])
    output, scores = layer(keras.Input((None, 6)), return_attention_scores=True)
    assert output.shape == (None, None, 6)
    assert scores.shape == (None, 3, None, None)
