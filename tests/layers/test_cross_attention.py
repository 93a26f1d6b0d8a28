"""The cross-attend: reading inputs, and writing outputs."""

import functools

import keras
import numpy as np
import pytest

from keras_perceiver.layers import CrossAttention
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import relative_error
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.random_values import random_array
from tests.random_values import weight_values
from tests.scored_answers import assert_same_answer

QUERIES, INPUTS = random_array(2, 3, 6), random_array(2, 5, 8)
INPUT_MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], "bool")
QUERY_MASK = np.array([[1, 0, 1], [1, 1, 0]], "bool")


def cross_weights(queries, inputs, qk, v, widening):
    hidden = widening * queries
    linears = {
        "attention/query": (queries, qk),
        "attention/key": (inputs, qk),
        "attention/value": (inputs, v),
        "attention/output": (v, queries),
        "mlp/hidden": (queries, hidden),
        "mlp/output": (hidden, queries),
    }
    norms = {"query_norm": queries, "input_norm": inputs, "mlp_norm": queries}
    weights = {}
    for name, shape in linears.items():
        weights[f"{name}/kernel"] = shape
        weights[f"{name}/bias"] = shape[1:]
    for name, width in norms.items():
        weights[f"{name}/gamma"] = weights[f"{name}/beta"] = (width,)
    return weights


CASES = (
    LayerCase(
        "reading",
        CrossAttention,
        {"num_heads": 2, "widening_factor": 2},
        {"queries": QUERIES[:1], "inputs": INPUTS, "input_mask": INPUT_MASK},
        cross_weights(6, 8, qk=8, v=8, widening=2),
        functools.partial(float64_reference.cross_attention, num_heads=2),
    ),
    LayerCase(
        "writing",
        CrossAttention,
        {
            "num_heads": 3,
            "query_residual": False,
            "qk_channels": 6,
            "v_channels": 9,
            "gelu_approximate": False,
        },
        {"queries": QUERIES, "inputs": INPUTS, "query_mask": QUERY_MASK},
        cross_weights(6, 8, qk=6, v=9, widening=1),
        functools.partial(
            float64_reference.cross_attention,
            num_heads=3,
            query_residual=False,
            gelu=float64_reference.gelu_exact,
        ),
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("query_residual", [True, False])
@pytest.mark.parametrize("gelu_approximate", [True, False])
@pytest.mark.parametrize("input_mask", [None, INPUT_MASK])
@pytest.mark.parametrize("query_mask", [None, QUERY_MASK])
def test_equals_the_reference(
    query_residual, gelu_approximate, input_mask, query_mask
):
    layer = built(
        CASES[0],
        query_residual=query_residual,
        gelu_approximate=gelu_approximate,
    )
    expected = float64_reference.cross_attention(
        weight_values(layer),
        QUERIES,
        INPUTS,
        num_heads=2,
        input_mask=input_mask,
        query_mask=query_mask,
        query_residual=query_residual,
        gelu=float64_reference.gelu_tanh
        if gelu_approximate
        else float64_reference.gelu_exact,
    )
    output = layer(
        QUERIES, INPUTS, input_mask=input_mask, query_mask=query_mask
    )
    assert_near(output, expected, 2e-6)


def test_the_residual_is_on_by_default_and_matters():
    layer, without = built(CASES[0]), built(CASES[0], query_residual=False)
    assert CrossAttention().query_residual is True
    difference = relative_error(
        without(QUERIES, INPUTS), layer(QUERIES, INPUTS)
    )
    assert difference > 0.1


def bias_through_mlp(layer):
    weights = weight_values(layer)
    bias = weights["attention/output/bias"]
    return bias, float64_reference.residual_mlp(bias, weights)


def test_invalid_queries_read_nothing():
    """Before the MLP they are the output bias, and no constant else."""
    layer = built(CASES[0], query_residual=False)
    output = np.array(layer(QUERIES, INPUTS, query_mask=QUERY_MASK))
    _, expected = bias_through_mlp(layer)
    for row in output[~QUERY_MASK]:
        assert_near(row, expected, 2e-6)
    for row in output[QUERY_MASK]:
        assert relative_error(row, expected) > 0.1


def test_invalid_queries_keep_themselves_where_there_is_a_residual():
    layer = built(CASES[0])
    weights = weight_values(layer)
    output = np.array(layer(QUERIES, INPUTS, query_mask=QUERY_MASK))
    bias, _ = bias_through_mlp(layer)
    expected = float64_reference.residual_mlp(QUERIES + bias, weights)
    assert_near(output[~QUERY_MASK], expected[~QUERY_MASK], 2e-6)


def test_an_example_without_any_valid_input_reads_nothing():
    layer = built(CASES[0], query_residual=False)
    mask = INPUT_MASK.copy()
    mask[1] = False
    output = layer(QUERIES, INPUTS, input_mask=mask)
    _, expected = bias_through_mlp(layer)
    assert_near(output[1], np.broadcast_to(expected, (3, 6)), 2e-6)


def test_what_stands_under_the_input_mask_has_no_influence():
    layer = built(CASES[0])
    other = np.where(INPUT_MASK[..., None], INPUTS, 1e3).astype("float32")
    np.testing.assert_array_equal(
        layer(QUERIES, INPUTS, input_mask=INPUT_MASK),
        layer(QUERIES, other, input_mask=INPUT_MASK),
    )


def test_masks_of_numbers_count_as_booleans():
    layer = built(CASES[0])
    np.testing.assert_array_equal(
        layer(QUERIES, INPUTS, INPUT_MASK.astype("int32"), QUERY_MASK),
        layer(QUERIES, INPUTS, INPUT_MASK, QUERY_MASK.astype("float32")),
    )


@pytest.mark.parametrize(
    "masks", [{}, {"input_mask": INPUT_MASK}, {"query_mask": QUERY_MASK}]
)
@pytest.mark.parametrize("query_residual", [True, False])
def test_a_batch_of_one_query_broadcasts(masks, query_residual):
    layer = built(CASES[0], query_residual=query_residual)
    repeated = np.repeat(QUERIES[:1], 2, axis=0)
    assert_near(
        layer(QUERIES[:1], INPUTS, **masks),
        layer(repeated, INPUTS, **masks),
        1e-6,
    )


def test_queries_do_not_see_each_other():
    layer = built(CASES[0])
    whole = layer(QUERIES, INPUTS)
    for row in range(3):
        alone = layer(QUERIES[:, row : row + 1], INPUTS)
        assert_near(alone, whole[:, row : row + 1], 1e-6)


def test_the_order_of_inputs_does_not_matter():
    layer = built(CASES[0])
    order = [3, 0, 4, 2, 1]
    assert_near(
        layer(QUERIES, INPUTS[:, order], input_mask=INPUT_MASK[:, order]),
        layer(QUERIES, INPUTS, input_mask=INPUT_MASK),
        1e-6,
    )


@pytest.mark.parametrize(
    ("queries", "inputs", "words"),
    [
        (QUERIES[0], INPUTS, ["queries of shape (3, 6)", "batch axis"]),
        (QUERIES, INPUTS[0], ["inputs of shape (5, 8)", "batch axis"]),
        (QUERIES, INPUTS[:, None], ["inputs of shape (2, 1, 5, 8)"]),
    ],
)
def test_wrong_ranks_are_named(queries, inputs, words):
    with pytest.raises(ValueError, match="batch, length, channels") as error:
        CrossAttention(2, name="reader")(queries, inputs)
    for word in words:
        assert word in str(error.value)


def test_widths_that_heads_do_not_divide_are_named():
    with pytest.raises(ValueError, match="qk_channels=8, num_heads=3"):
        CrossAttention(3)(QUERIES, INPUTS)


@pytest.mark.parametrize("inputs", [INPUTS[0], INPUTS[..., :7]])
def test_errors_name_the_layer_that_was_asked_for(inputs):
    """All of a model's blocks have a part that is called "attention"."""
    with pytest.raises(ValueError, match="reader"):
        CrossAttention(2, name="reader")(QUERIES, inputs)


@pytest.mark.parametrize("input_mask", [None, INPUT_MASK])
@pytest.mark.parametrize("query_mask", [None, QUERY_MASK])
@pytest.mark.parametrize("query_residual", [True, False])
def test_scores_are_what_the_output_was_mixed_by(
    input_mask, query_mask, query_residual
):
    layer = built(CASES[0], query_residual=query_residual)
    masks = {"input_mask": input_mask, "query_mask": query_mask}
    output, scores = layer(
        QUERIES, INPUTS, **masks, return_attention_scores=True
    )
    expected = float64_reference.cross_attention_scores(
        weight_values(layer), QUERIES, INPUTS, num_heads=2, **masks
    )
    assert_near(scores, expected, 2e-6)
    if query_mask is not None:
        hidden = np.array(scores).swapaxes(1, 2)[~query_mask]
        np.testing.assert_array_equal(hidden, 0)
    assert_same_answer(output, layer(QUERIES, INPUTS, **masks))


def test_symbolic_scores_have_the_shape_of_real_ones():
    layer = built(CASES[0])
    queries, inputs = keras.Input((None, 6)), keras.Input((None, 8))
    output, scores = layer(queries, inputs, return_attention_scores=True)
    assert output.shape == (None, None, 6)
    assert scores.shape == (None, 2, None, None)
