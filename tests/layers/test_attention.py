"""Multi-head attention with widths of its own."""

import functools

import keras
import numpy as np
import pytest

from keras_perceiver.layers import Attention
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.random_values import named_weights
from tests.random_values import random_array
from tests.random_values import randomize
from tests.random_values import weight_values
from tests.scored_answers import assert_same_answer

MASK = np.array([[[1, 1, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0]]] * 2, "bool")
MASK[1] = ~MASK[1]


def attention_case(name, config, inputs, qk, v, out):
    queries, keys = inputs["queries"].shape[-1], inputs["inputs"].shape[-1]
    widths = {
        "query": (queries, qk),
        "key": (keys, qk),
        "value": (keys, v),
        "output": (v, out),
    }
    weights = {}
    for part, shape in widths.items():
        weights[f"{part}/kernel"] = shape
        weights[f"{part}/bias"] = shape[1:]
    reference = functools.partial(
        float64_reference.attention, num_heads=config["num_heads"]
    )
    return LayerCase(name, Attention, config, inputs, weights, reference)


QUERIES, INPUTS = random_array(2, 3, 6), random_array(2, 4, 8)

CASES = (
    attention_case(
        "widths_of_the_inputs",
        {"num_heads": 2},
        {"queries": QUERIES, "inputs": INPUTS},
        qk=8,
        v=8,
        out=6,
    ),
    attention_case(
        "free_widths_and_mask",
        {
            "num_heads": 3,
            "qk_channels": 12,
            "v_channels": 9,
            "output_channels": 5,
            "dropout": 0.1,
        },
        {"queries": QUERIES, "inputs": INPUTS, "attention_mask": MASK},
        qk=12,
        v=9,
        out=5,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def reference_of(layer, **inputs):
    return float64_reference.attention(
        weight_values(layer), num_heads=layer.num_heads, **inputs
    )


@pytest.mark.parametrize(
    ("config", "widths"),
    [
        ({}, (8, 8, 6)),
        ({"qk_channels": 4}, (4, 4, 6)),
        ({"v_channels": 10}, (8, 10, 6)),
        ({"output_channels": 7}, (8, 8, 7)),
    ],
)
def test_each_width_has_its_own_default(config, widths):
    layer = Attention(2, **config)
    output = layer(QUERIES, INPUTS)
    found = tuple(
        named_weights(layer)[f"{part}/bias"].shape[0]
        for part in ("key", "value", "output")
    )
    assert found == widths
    assert tuple(output.shape) == (2, 3, widths[-1])
    assert_near(output, reference_of(layer, queries=QUERIES, inputs=INPUTS))


@pytest.mark.parametrize(
    "mask_shape", [(2, 3, 4), (2, 1, 4), (2, 3, 1), (1, 3, 4)]
)
def test_masks_broadcast(mask_shape):
    layer = built(CASES[0])
    mask = np.random.default_rng(5).random(mask_shape) < 0.5
    expected = reference_of(
        layer, queries=QUERIES, inputs=INPUTS, attention_mask=mask
    )
    assert_near(layer(QUERIES, INPUTS, attention_mask=mask), expected)


@pytest.mark.parametrize("mask", [MASK[0], MASK[0, :1], MASK[0, 0]])
def test_masks_without_a_batch_are_never_misread(mask):
    """Taken for `(O, M)` or refused; not for one mask a head or a row."""
    layer = Attention(3, qk_channels=6)
    inputs = INPUTS[:, :3] if mask.ndim == 1 else INPUTS
    mask = mask[..., : inputs.shape[1]]
    layer(QUERIES, inputs)
    randomize(layer)
    expected = reference_of(
        layer, queries=QUERIES, inputs=inputs, attention_mask=mask
    )
    try:
        output = layer(QUERIES, inputs, attention_mask=mask)
    except ValueError as refusal:
        output, words = expected, str(refusal)
    else:
        words = "attention_mask"
    assert "attention_mask" in words
    assert_near(output, expected)


def test_a_row_that_attends_to_nothing_becomes_the_output_bias():
    layer = built(CASES[1])
    output = np.array(layer(QUERIES, INPUTS, attention_mask=MASK))
    bias = weight_values(layer)["output/bias"]
    assert not MASK[0, 1].any()
    assert_near(output[0, 1], bias, 1e-7)
    assert np.abs(output[0, 0] - bias).max() > 0.1


def test_masked_inputs_have_no_influence():
    layer = built(CASES[0])
    mask = np.ones((2, 1, 4), "bool")
    mask[:, :, 2] = False
    other = INPUTS.copy()
    other[:, 2] = 1e3
    np.testing.assert_array_equal(
        layer(QUERIES, INPUTS, attention_mask=mask),
        layer(QUERIES, other, attention_mask=mask),
    )


def test_a_batch_of_one_query_broadcasts():
    layer = built(CASES[0])
    for mask in (None, MASK):
        alone = layer(QUERIES[:1], INPUTS, attention_mask=mask)
        repeated = np.repeat(QUERIES[:1], 2, axis=0)
        expected = reference_of(
            layer, queries=repeated, inputs=INPUTS, attention_mask=mask
        )
        assert_near(alone, expected)


def test_large_scores_stay_finite():
    layer = built(CASES[0])
    queries, inputs = 300 * QUERIES, 300 * INPUTS
    expected = reference_of(layer, queries=queries, inputs=inputs)
    assert_near(layer(queries, inputs), expected)


def test_dropout_acts_on_the_weights_in_training_only():
    layer = built(CASES[0], dropout=0.5)
    expected = built(CASES[0])(QUERIES, INPUTS)
    np.testing.assert_array_equal(
        layer(QUERIES, INPUTS, training=False), expected
    )
    np.testing.assert_array_equal(layer(QUERIES, INPUTS), expected)
    dropped = layer(QUERIES, INPUTS, training=True)
    assert np.abs(dropped - expected).max() > 0.1


def test_all_weights_dropped_leaves_the_output_bias():
    layer = built(CASES[0], dropout=1 - 1e-6)
    output = layer(QUERIES, INPUTS, training=True)
    bias = weight_values(layer)["output/bias"]
    assert_near(output, np.broadcast_to(bias, output.shape), 1e-7)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"qk_channels": 8}, ["qk_channels=8", "num_heads=3", "'reader'"]),
        (
            {"qk_channels": 6, "v_channels": 8},
            ["v_channels=8", "num_heads=3", "'reader'"],
        ),
    ],
)
def test_widths_that_heads_do_not_divide_are_named(config, words):
    with pytest.raises(ValueError, match="must be divisible") as error:
        Attention(3, name="reader", **config)(QUERIES, INPUTS)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    ("queries", "inputs", "words"),
    [
        (QUERIES[0], INPUTS, ["queries of shape (3, 6)"]),
        (QUERIES, INPUTS[0], ["inputs of shape (4, 8)"]),
        (QUERIES, INPUTS[:, None], ["inputs of shape (2, 1, 4, 8)"]),
    ],
)
def test_wrong_ranks_are_named(queries, inputs, words):
    with pytest.raises(ValueError, match="batch, length, channels") as error:
        Attention(2, name="reader")(queries, inputs)
    for word in (*words, "'reader'"):
        assert word in str(error.value)


@pytest.mark.parametrize("mask", [None, MASK, MASK[:, :1], MASK[:1, :, :1]])
@pytest.mark.parametrize("query_batch", [1, 2])
def test_scores_are_the_attention_weights(mask, query_batch):
    layer = built(CASES[0])
    queries = QUERIES[:query_batch]
    expected = float64_reference.attention_scores(
        weight_values(layer), queries, INPUTS, 2, mask
    )
    output, scores = layer(
        queries, INPUTS, attention_mask=mask, return_attention_scores=True
    )
    assert_near(scores, expected, 2e-6)
    assert_same_answer(output, layer(queries, INPUTS, attention_mask=mask))


def test_scores_sum_to_one_or_to_nothing():
    layer = built(CASES[1])
    _, scores = layer(
        QUERIES, INPUTS, attention_mask=MASK, return_attention_scores=True
    )
    sums = np.array(scores).sum(-1)
    may_attend = np.broadcast_to(MASK.any(-1)[:, None], sums.shape)
    np.testing.assert_allclose(sums, may_attend, rtol=1e-6)
    assert not may_attend.all()


def test_scores_are_those_before_dropout():
    layer = built(CASES[0], dropout=0.5)
    still = layer(QUERIES, INPUTS, return_attention_scores=True)
    moved = layer(QUERIES, INPUTS, training=True, return_attention_scores=True)
    np.testing.assert_array_equal(moved[1], still[1])
    assert np.abs(moved[0] - still[0]).max() > 0.1


@pytest.mark.parametrize("batch", [None, 1, 2])
def test_symbolic_scores_have_the_shape_of_real_ones(batch):
    layer = built(CASES[0], dtype="mixed_bfloat16")
    output, scores = layer(
        keras.Input(batch_shape=(batch, 3, 6)),
        keras.Input(batch_shape=(None, 4, 8)),
        return_attention_scores=True,
    )
    free = None if batch == 1 else batch
    assert output.shape == (free, 3, 6)
    assert scores.shape == (free, 2, 3, 4)
    assert scores.dtype == "bfloat16"
