"""Any number of inputs to a few latents."""

import keras
import numpy as np
import pytest

from keras_perceiver.layers import PerceiverResampler
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.float64_reference import relative_error
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.layers.test_cross_attention import cross_weights
from tests.layers.test_self_attention import self_weights
from tests.random_values import random_array
from tests.random_values import randomize
from tests.random_values import weight_values
from tests.scored_answers import assert_same_answer

INPUTS = random_array(3, 5, 8)
MASK = np.array([[1, 1, 1, 1, 1], [0, 1, 0, 1, 0], [0, 0, 0, 0, 0]], "bool")


def resampled(
    weights,
    inputs,
    input_mask=None,
    num_cross_attends=2,
    num_self_attends=0,
    **settings,
):
    latents = weights["latents/array"][None]
    for i in range(num_cross_attends):
        latents = float64_reference.cross_attention(
            part(weights, f"cross_attention_{i}"),
            latents,
            inputs,
            num_heads=2,
            input_mask=input_mask,
            **settings,
        )
        for j in range(num_self_attends):
            latents = float64_reference.self_attention(
                part(weights, f"self_attention_{i}_{j}"), latents, num_heads=3
            )
    return latents


def named_parts(parts):
    return {
        f"{name}/{path}": shape
        for name, weights in parts.items()
        for path, shape in weights.items()
    }


def reading(weights, inputs):
    return resampled(weights, inputs)


def reading_without_residual(weights, inputs):
    gelu = float64_reference.gelu_exact
    return resampled(weights, inputs, query_residual=False, gelu=gelu)


def reading_and_thinking(weights, inputs, input_mask):
    return resampled(
        weights,
        inputs,
        input_mask,
        num_cross_attends=3,
        num_self_attends=2,
    )


SIZES = {"num_latents": 4, "latent_dim": 6, "num_cross_attention_heads": 2}

READING_WEIGHTS = named_parts(
    {
        "latents": {"array": (4, 6)},
        "cross_attention_0": cross_weights(6, 8, 8, 8, 1),
        "cross_attention_1": cross_weights(6, 8, 8, 8, 1),
    }
)

CASES = (
    LayerCase(
        "reading",
        PerceiverResampler,
        SIZES,
        {"inputs": INPUTS},
        READING_WEIGHTS,
        reading,
    ),
    LayerCase(
        "reading_without_residual",
        PerceiverResampler,
        {**SIZES, "query_residual": False, "gelu_approximate": False},
        {"inputs": INPUTS},
        READING_WEIGHTS,
        reading_without_residual,
    ),
    LayerCase(
        "reading_and_thinking",
        PerceiverResampler,
        {
            **SIZES,
            "num_cross_attends": 3,
            "num_self_attends": 2,
            "num_self_attention_heads": 3,
            "qk_channels": 6,
            "v_channels": 12,
            "widening_factor": 2,
        },
        {"inputs": INPUTS, "input_mask": MASK},
        named_parts(
            {
                "latents": {"array": (4, 6)},
                **{
                    f"cross_attention_{i}": cross_weights(6, 8, 6, 12, 2)
                    for i in range(3)
                },
                **{
                    f"self_attention_{i}_{j}": self_weights(6, 6, 12, 2)
                    for i in range(3)
                    for j in range(2)
                },
            }
        ),
        reading_and_thinking,
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_any_length_gives_as_many_latents():
    layer = built(CASES[0])
    for length in (2, 5, 40):
        assert layer(random_array(2, length, 8)).shape == (2, 4, 6)


def test_masked_inputs_have_no_influence():
    layer = built(CASES[-1])
    other = np.where(MASK[..., None], INPUTS, 1e3).astype("float32")
    np.testing.assert_array_equal(
        layer(INPUTS, input_mask=MASK), layer(other, input_mask=MASK)
    )
    assert relative_error(layer(other), layer(INPUTS)) > 0.01


@pytest.mark.parametrize("mask", [None, MASK])
def test_scores_are_those_of_each_cross_attend(mask):
    layer = built(CASES[0])
    plain = layer(INPUTS, input_mask=mask)
    latents, scores = layer(
        INPUTS, input_mask=mask, return_attention_scores=True
    )
    assert_same_answer(latents, plain)
    weights = weight_values(layer)
    queries = weights["latents/array"][None]
    assert len(scores) == 2
    for i, of_this in enumerate(scores):
        reader = part(weights, f"cross_attention_{i}")
        expected = float64_reference.cross_attention_scores(
            reader, queries, INPUTS, num_heads=2, input_mask=mask
        )
        assert_near(of_this, expected)
        queries = float64_reference.cross_attention(
            reader, queries, INPUTS, num_heads=2, input_mask=mask
        )


def test_symbolic_scores_have_the_shapes_of_real_ones():
    layer = built(CASES[-1])
    inputs = keras.Input((None, 8))
    latents, scores = layer(inputs, return_attention_scores=True)
    assert latents.shape == (None, 4, 6)
    assert [score.shape for score in scores] == [(None, 2, 4, None)] * 3


def test_reading_nothing_is_refused():
    with pytest.raises(ValueError, match="num_cross_attends=0"):
        PerceiverResampler(4, 6, num_cross_attends=0)


def test_dropout_reaches_the_layers():
    layer = built(CASES[0], dropout=0.5)
    still = layer(INPUTS)
    np.testing.assert_array_equal(layer(INPUTS, training=False), still)
    assert relative_error(layer(INPUTS, training=True), still) > 0.01


def test_serves_in_a_model_of_other_layers(tmp_path):
    """It learns what stands in the marked row, of rows in any order."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(1024, 6, 6)).astype("float32")
    places = np.arange(1024), rng.integers(0, 6, 1024)
    inputs[..., 0] = 0
    inputs[*places, 0] = 3
    inputs[..., 1] = np.sign(inputs[..., 1])
    wanted = (inputs[*places, 1] > 0).astype("float32")
    model = keras.Sequential(
        [
            keras.Input((6, 6)),
            PerceiverResampler(2, 16, qk_channels=16),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False,
    )
    model.fit(inputs, wanted, batch_size=64, epochs=10, verbose=0)
    logits = model.predict(inputs, verbose=0)[:, 0]
    assert ((logits > 0) == wanted).mean() > 0.95
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(inputs[:8]), model(inputs[:8]))


def test_serves_in_a_functional_model_with_a_mask():
    inputs = keras.Input((None, 8), name="inputs")
    mask = keras.Input((None,), dtype="bool", name="mask")
    outputs = PerceiverResampler(**CASES[-1].config)(inputs, input_mask=mask)
    model = keras.Model({"inputs": inputs, "mask": mask}, outputs)
    randomize(model)
    expected = reading_and_thinking(
        part(weight_values(model), model.layers[-1].name), INPUTS, MASK
    )
    assert_near(model({"inputs": INPUTS, "mask": MASK}), expected)
