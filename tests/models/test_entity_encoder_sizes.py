"""The published entity encoders have the sizes that the paper gives."""

import pytest

from keras_perceiver.models.published import starcraft


def self_attention_parameters(width, qk, v, hidden):
    attention = 2 * (width * qk + qk) + width * v + v + v * width + width
    mlp = 2 * width * hidden + hidden + width
    return attention + mlp + 4 * width


def head_parameters(width, settings):
    embedding, channels = (
        settings["embedding_dim"],
        settings["pointer_channels"],
    )
    pointer = 2 * embedding * channels + channels
    return 2 * (width * embedding + embedding) + pointer


def test_parameters_of_the_encoder_are_those_of_arithmetic():
    settings = starcraft.PRESETS["starcraft_entities"].settings
    latent, entity, query, kv = 1024, 256, 128, 128
    reading = latent * kv + 2 * entity * kv + 3 * kv + kv * latent + latent
    reading += 2 * entity + 4 * latent + 2 * (latent**2 + latent)
    writing = query * kv + 2 * latent * kv + 3 * kv + kv * query + query
    writing += 2 * latent + 4 * query + 2 * (query**2 + query)
    expected = (
        32 * latent
        + reading
        + 3 * self_attention_parameters(latent, kv, kv, latent)
        + entity * query
        + query
        + writing
        + head_parameters(query, settings)
    )
    assert starcraft.PRESETS["starcraft_entities"].parameters == expected


def test_parameters_of_the_transformer_are_those_of_arithmetic():
    preset = starcraft.PRESETS["starcraft_transformer"]
    expected = 3 * self_attention_parameters(256, 256, 256, 1024)
    expected += head_parameters(256, preset.settings)
    assert preset.parameters == expected


def test_the_transformer_has_the_published_flops():
    """3.3 billion: 3.22 of its layers, and the entity embeddings."""
    settings = starcraft.PRESETS["starcraft_transformer"].settings
    entities, width = settings["num_entities"], settings["entity_dim"]
    scores = settings["qk_channels"]
    hidden = settings["widening_factor"] * width
    a_layer = 4 * entities * width * scores + 2 * entities**2 * scores
    a_layer += 2 * entities * width * hidden
    layers = 2 * a_layer * settings["num_self_attends"]
    assert layers == pytest.approx(3.22e9, rel=1e-3)
    embeddings = 2 * entities * width * settings["embedding_dim"]
    assert round((layers + embeddings) / 1e9, 1) == 3.3
