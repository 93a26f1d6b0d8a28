"""Every published model by name."""

import inspect

import keras
import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver.models import language
from tests.float64_reference import assert_near
from tests.layer_checks import without_values

SMALL = {
    "max_length": 6,
    "embedding_dim": 16,
    "num_latents": 4,
    "latent_dim": 32,
    "num_self_attends_per_block": 1,
    "v_channels": 32,
    "qk_channels": 16,
    "decoder_qk_channels": 16,
    "decoder_v_channels": 16,
}


def language_parameters(settings):
    """The language model's parameters, from arithmetic alone."""
    length, width = settings["max_length"], settings["embedding_dim"]
    latents, depth = settings["num_latents"], settings["latent_dim"]
    scores, values = settings["qk_channels"], settings["v_channels"]

    def linear(inputs, outputs):
        return inputs * outputs + outputs

    def attention(queries, inputs, scores, values):
        return (
            linear(queries, scores)
            + linear(inputs, scores)
            + linear(inputs, values)
            + linear(values, queries)
        )

    def mlp(width):
        return 2 * width + 2 * linear(width, width)

    arrays = settings["vocabulary_size"] * (width + 1)
    arrays += 2 * length * width + latents * depth
    encoder = attention(depth, width, scores, values) + mlp(depth)
    encoder += 2 * depth + 2 * width
    processor = attention(depth, depth, scores, values) + mlp(depth)
    processor += 2 * depth
    decoder = attention(
        width,
        depth,
        settings["decoder_qk_channels"],
        settings["decoder_v_channels"],
    )
    decoder += mlp(width) + 2 * width + 2 * depth
    layers = settings["num_self_attends_per_block"]
    return arrays + encoder + layers * processor + decoder


PUBLISHED = pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("language_bytes", 201_108_230),
        ("language_bytes_plus_plus", 425_607_430),
    ],
)


@PUBLISHED
def test_parameters_are_the_published_ones(name, parameters):
    preset = presets()[name]
    assert preset.parameters == parameters
    assert language_parameters(preset.settings) == parameters
    with without_values():
        model = from_preset(name)
    assert model.count_params() == parameters
    sizes = [np.prod(weight.shape) for weight in model.trainable_variables]
    assert sum(sizes) == parameters


@pytest.mark.large
@PUBLISHED
def test_published_sizes_build_and_answer(name, parameters):
    model = from_preset(name)
    assert model.count_params() == parameters
    inputs = {
        "token_ids": np.zeros((1, 2048), "int32"),
        "padding_mask": np.ones((1, 2048), "bool"),
    }
    logits = np.array(model(inputs))
    assert logits.shape == (1, 2048, 262)
    assert np.isfinite(logits).all()


def test_every_preset_sets_every_size_by_a_valid_name():
    assert len(presets()) >= 2
    for name, preset in presets().items():
        parameters = inspect.signature(preset.builder).parameters
        assert set(preset.settings) <= set(parameters), name
        required = {
            key
            for key, parameter in parameters.items()
            if parameter.default is parameter.empty
        }
        assert required <= set(preset.settings), name
        assert preset.source, name


def test_presets_cannot_be_changed_through_the_copy():
    presets().clear()
    assert "language_bytes" in presets()


def test_overrides_reach_the_builder():
    model = from_preset("language_bytes", **SMALL, dtype="bfloat16")
    assert model.count_params() == language_parameters(
        {**presets()["language_bytes"].settings, **SMALL}
    )
    assert model.output_shape[1:] == (6, 262)
    assert model.get_layer("self_attention_0").compute_dtype == "bfloat16"
    assert model.preset_name == "language_bytes"
    assert model.preset_overrides == {**SMALL, "dtype": "bfloat16"}


def test_a_preset_is_its_builder_with_its_numbers():
    settings = {**presets()["language_bytes"].settings, **SMALL}
    model, same = from_preset("language_bytes", **SMALL), language(**settings)
    same.set_weights(model.get_weights())
    inputs = {
        "token_ids": np.arange(6)[None],
        "padding_mask": np.ones((1, 6), "bool"),
    }
    np.testing.assert_array_equal(model(inputs), same(inputs))


def test_views_survive():
    model = from_preset("language_bytes", **SMALL)
    inputs = {
        "token_ids": keras.ops.arange(6)[None],
        "padding_mask": keras.ops.ones((1, 6), "bool"),
    }
    latents = model.encode(inputs)
    rows = model.decode(
        {"latents": latents, "token_indices": keras.ops.arange(6)[None]}
    )
    assert_near(rows, model(inputs), 1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: from_preset("langauge_bytes"),
            [
                "Unknown preset 'langauge_bytes'",
                "Did you mean 'language_bytes'",
            ],
        ),
        (
            lambda: from_preset("language_bytes", num_latent=3),
            ["'num_latent'", "Did you mean 'num_latents'", "'language_bytes'"],
        ),
        (
            lambda: from_preset("zebra"),
            ["Unknown preset 'zebra'", "Valid: ", "language_bytes"],
        ),
    ],
)
def test_unknown_names_name_the_nearest(call, words):
    with pytest.raises(ValueError, match="Unknown") as error:
        call()
    for word in words:
        assert word in str(error.value)
