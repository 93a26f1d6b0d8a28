"""Every published model by name."""

import keras
import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver.models import language
from tests.float64_reference import assert_near

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


def test_presets_cannot_be_changed_through_the_copy():
    presets().clear()
    assert "language_bytes" in presets()


def test_overrides_reach_the_builder():
    model = from_preset("language_bytes", **SMALL, dtype="bfloat16")
    assert model.get_layer("latents").length == SMALL["num_latents"]
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
