"""Scores by which a query points at one of its inputs."""

import keras
import numpy as np
import pytest

from keras_perceiver.layers import PointerLogits
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.random_values import random_array
from tests.random_values import weight_values

QUERIES, INPUTS = random_array(3, 6), random_array(3, 4, 5)
MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]], "bool")


def logits(weights, queries, inputs):
    """One dot product at a time."""
    queries = float64_reference.linear(queries, part(weights, "query"))
    scores = np.zeros(inputs.shape[:2])
    for b, m in np.ndindex(*scores.shape):
        key = inputs[b, m] @ weights["key/kernel"]
        scores[b, m] = queries[b] @ key / np.sqrt(len(key))
    return scores


CASES = (
    LayerCase(
        "pointer",
        PointerLogits,
        {"channels": 7},
        {"queries": QUERIES, "inputs": INPUTS},
        {"query/kernel": (6, 7), "query/bias": (7,), "key/kernel": (5, 7)},
        logits,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_a_mask_leaves_the_valid_logits_as_they_are():
    layer = built(CASES[0])
    masked = np.array(layer(QUERIES, INPUTS, input_mask=MASK))
    expected = logits(weight_values(layer), QUERIES, INPUTS)
    assert_near(masked[MASK], expected[MASK])
    np.testing.assert_array_equal(masked[~MASK], np.float32(-1e30))


def test_no_softmax_sees_masked_inputs():
    layer = built(CASES[0])
    masked = layer(QUERIES, INPUTS, input_mask=MASK)
    probabilities = np.array(keras.ops.softmax(masked))
    assert (probabilities[0, ~MASK[0]] == 0).all()
    # Where nothing may be pointed at, nothing is preferred.
    np.testing.assert_allclose(probabilities[1], 0.25)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_masked_logits_are_finite_in_every_dtype(dtype):
    layer = built(CASES[0], dtype=dtype)
    masked = layer(QUERIES, INPUTS, input_mask=MASK)
    assert np.isfinite(keras.ops.cast(masked, "float64")).all()


def test_it_can_learn_to_point():
    """At the input whose mark the query bears."""
    rng = np.random.default_rng(0)
    marks = rng.normal(size=(64, 5, 8)).astype("float32")
    wanted = rng.integers(0, 5, 64)
    query, inputs = keras.Input((8,)), keras.Input((5, 8))
    model = keras.Model([query, inputs], PointerLogits(8)(query, inputs))
    model.compile(
        keras.optimizers.Adam(0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    data = [marks[np.arange(64), wanted], marks]
    model.fit(data, wanted, batch_size=64, epochs=40, verbose=0)
    answers = np.argmax(model.predict(data, verbose=0), axis=-1)
    assert (answers == wanted).mean() > 0.95
