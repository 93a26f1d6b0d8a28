"""Read, process, write."""

import keras
import numpy as np
import pytest

from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.float64_reference import relative_error
from tests.random_values import random_array
from tests.random_values import randomize
from tests.random_values import weight_values

INPUTS = random_array(3, 7, 10)
MASK = np.arange(7) < np.array([[7], [4], [0]])
SETTINGS = {
    "num_latents": 4,
    "latent_dim": 12,
    "num_self_attends_per_block": 2,
    "num_blocks": 3,
    "num_cross_attention_heads": 2,
    "num_self_attention_heads": 3,
    "qk_channels": 6,
    "v_channels": 12,
}


def encoder(**settings):
    inputs = keras.Input((7, 10), name="inputs")
    mask = keras.Input((7,), dtype="bool", name="mask")
    latents = encode(inputs, **{**SETTINGS, "input_mask": mask, **settings})
    model = keras.Model({"inputs": inputs, "mask": mask}, latents)
    randomize(model)
    return model


def reference(weights, gelu=float64_reference.gelu_tanh, query_residual=True):
    latents = float64_reference.cross_attention(
        part(weights, "encoder_cross_attention"),
        weights["latents/array"][None],
        INPUTS.astype("float64"),
        num_heads=2,
        input_mask=MASK,
        query_residual=query_residual,
        gelu=gelu,
    )
    for _ in range(3):
        for i in range(2):
            latents = float64_reference.self_attention(
                part(weights, f"self_attention_{i}"), latents, 3, gelu=gelu
            )
    return latents


@pytest.mark.parametrize(
    ("settings", "same"),
    [
        ({}, {}),
        ({"encoder_query_residual": False}, {"query_residual": False}),
        (
            {"gelu_approximate": False},
            {"gelu": float64_reference.gelu_exact},
        ),
    ],
)
def test_encode_equals_the_reference(settings, same):
    model = encoder(**settings)
    output = model({"inputs": INPUTS, "mask": MASK})
    assert_near(output, reference(weight_values(model), **same))


def test_blocks_share_the_weights_of_their_layers():
    once, thrice = encoder(num_blocks=1), encoder()
    assert [w.path for w in once.weights] == [w.path for w in thrice.weights]
    inputs = {"inputs": INPUTS, "mask": MASK}
    assert relative_error(thrice(inputs), once(inputs)) > 0.1


def test_layers_have_names_to_find_them_by():
    names = {layer.name for layer in encoder().layers}
    assert names >= {
        "latents",
        "encoder_cross_attention",
        "self_attention_0",
        "self_attention_1",
        "latents_out",
    }


def test_latents_out_gives_the_last_application_of_shared_layers():
    model = encoder()
    view = keras.Model(model.inputs, model.get_layer("latents_out").output)
    inputs = {"inputs": INPUTS, "mask": MASK}
    np.testing.assert_array_equal(view(inputs), model(inputs))


def test_dropout_acts_in_training_only():
    model, plain = encoder(dropout=0.5), encoder()
    inputs = {"inputs": INPUTS, "mask": MASK}
    np.testing.assert_array_equal(model(inputs), plain(inputs))
    assert relative_error(model(inputs, training=True), plain(inputs)) > 0.1


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "bfloat16"])
def test_the_policy_reaches_every_layer(dtype):
    model = encoder(dtype=dtype)
    parts = [
        layer
        for layer in model._flatten_layers(include_self=False)
        if not isinstance(layer, keras.layers.InputLayer)
    ]
    assert len(parts) > 20
    assert {layer.dtype_policy.name for layer in parts} == {dtype}
    assert model({"inputs": INPUTS, "mask": MASK}).dtype == "bfloat16"


@pytest.mark.parametrize(
    ("settings", "residual"),
    [({}, False), ({"decoder_query_residual": True}, True)],
)
def test_decoder_is_one_cross_attention(settings, residual):
    layer = decoder(num_decoder_heads=2, decoder_v_channels=4, **settings)
    queries, latents = random_array(3, 5, 8), random_array(3, 4, 12)
    layer(queries, latents)
    randomize(layer)
    assert layer.name == "decoder_cross_attention"
    weights = weight_values(layer)
    # Scores are as wide as the latents where nothing else is said.
    assert weights["attention/query/bias"].shape == (12,)
    assert weights["attention/value/bias"].shape == (4,)
    expected = float64_reference.cross_attention(
        weights, queries, latents, num_heads=2, query_residual=residual
    )
    assert_near(layer(queries, latents), expected)


def test_decoding_parts_apart_gives_what_the_whole_gives():
    """As docs/your_own_modality.md says; learned queries have a batch of 1."""
    layer = decoder()
    each, shared = random_array(3, 5, 8), random_array(1, 2, 8, seed=1)
    latents = random_array(3, 4, 12, seed=2)
    joined = np.concatenate([each, np.tile(shared, (3, 1, 1))], axis=1)
    layer(joined, latents)
    randomize(layer)
    whole = layer(joined, latents)
    apart = [layer(queries, latents) for queries in (each, shared)]
    assert_near(np.concatenate(apart, axis=1), whole, 1e-6)


def test_views_are_no_sub_layers():
    """Or their weights would be counted and stored again."""
    whole, other = encoder(), encoder()
    layers, weights = list(whole.layers), len(whole.weights)
    assert attach_views(whole, encode=other, decode=other) is whole
    assert whole.encode is whole.decode is other
    assert list(whole.layers) == layers
    assert len(whole.weights) == weights
