"""What Hugging Face's `config.json` says, in our settings."""

import json
import re

import pytest

from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver.convert import load_checkpoint
from keras_perceiver.convert import read_huggingface_config
from keras_perceiver.convert.describe import describe_checkpoint
from keras_perceiver.convert.sources import read_checkpoint
from tests.convert.checkpoints import assert_same_values
from tests.convert.checkpoints import huggingface_tensors
from tests.convert.checkpoints import tiny
from tests.convert.checkpoints import values_of
from tests.convert.checkpoints import write_huggingface_folder

ARCHITECTURES = {
    "PerceiverForMaskedLM": "language_bytes",
    "PerceiverForImageClassificationLearned": "imagenet_learned",
    "PerceiverForImageClassificationFourier": "imagenet_fourier",
    "PerceiverForImageClassificationConvProcessing": "imagenet_conv",
    "PerceiverForOpticalFlow": "optical_flow",
    "PerceiverForMultimodalAutoencoding": "kinetics_autoencoder",
}


@pytest.fixture(scope="module")
def model():
    return tiny("language_bytes")


@pytest.fixture(scope="module")
def tensors(model):
    return huggingface_tensors(model)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "bert"}, "is of no Perceiver. Received: model_type="),
        ({"hidden_act": "relu"}, "hidden_act='relu', which no model here has"),
        (
            {"architectures": ["PerceiverForSequenceClassification"]},
            "Received: architectures=['PerceiverForSequenceClassification']",
        ),
        ({"architectures": []}, "no model that has a counterpart"),
        ({"num_latents": -3}, "has an impossible num_latents"),
        ({"num_latents": 10**12}, "has an impossible num_latents"),
        ({"num_latents": True}, "has an impossible num_latents"),
        ({"num_blocks": "2"}, "has an impossible num_blocks"),
        ({"train_size": [3]}, "has an impossible train_size"),
        ({"use_query_residual": 3}, "has an impossible use_query_residual"),
    ],
)
def test_other_configurations_are_refused(
    model, tensors, tmp_path, config, said
):
    folder = write_huggingface_folder(tmp_path / "folder", tensors, **config)
    path = re.escape(str(folder / "config.json"))
    with pytest.raises(ValueError, match=path) as error:
        load_checkpoint(model, folder)
    assert said in str(error.value)


def configured(tmp_path, **config):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"model_type": "perceiver", **config}))
    return path


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_published_numbers_need_no_overrides(tmp_path, architecture):
    """As the configurations of the six published models have them."""
    preset = ARCHITECTURES[architecture]
    settings = presets()[preset].arguments
    path = configured(
        tmp_path,
        architectures=[architecture],
        num_latents=settings["num_latents"],
        d_latents=settings["latent_dim"],
        num_blocks=settings["num_blocks"],
        num_self_attends_per_block=settings["num_self_attends_per_block"],
        num_self_attention_heads=settings["num_self_attention_heads"],
        num_cross_attention_heads=settings["num_cross_attention_heads"],
        qk_channels=settings["qk_channels"],
        v_channels=settings["v_channels"],
        image_size=224 if "imagenet" in preset else 56,
        id2label={str(i): "" for i in range(settings.get("num_classes", 2))},
    )
    assert read_huggingface_config(path) == (preset, {})
    assert read_huggingface_config(tmp_path) == (preset, {})


def test_what_is_not_in_the_file_is_at_its_default(tmp_path):
    path = configured(tmp_path, architectures=["PerceiverForMaskedLM"])
    preset, overrides = read_huggingface_config(path)
    assert preset == "language_bytes"
    assert overrides == {"qk_channels": None, "v_channels": None}


def test_other_numbers_become_overrides(tmp_path):
    path = configured(
        tmp_path,
        architectures=["PerceiverForMultimodalAutoencoding"],
        d_latents=512,
        num_latents=784,
        num_self_attends_per_block=8,
        num_cross_attention_heads=1,
        num_frames=8,
        audio_samples_per_frame=100,
        image_size=14,
        output_shape=[1, 8, 56, 56],
        cross_attention_shape_for_attention="q",
    )
    preset, overrides = read_huggingface_config(path)
    assert preset == "kinetics_autoencoder"
    assert overrides == {
        "video_shape": (8, 56, 56, 3),
        "num_audio_samples": 800,
        "video_max_resolution": (8, 14, 14),
        "audio_max_resolution": (800,),
        "num_classes": 2,
        "qk_channels": 512,
    }


def test_configurations_that_name_no_model_are_refused(tmp_path):
    with pytest.raises(ValueError, match="Received: architectures=None"):
        read_huggingface_config(configured(tmp_path))
    (tmp_path / "config.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"config\.json does not exist"):
        read_huggingface_config(tmp_path)


def test_a_folder_says_how_to_build_its_model(tmp_path, tensors, model):
    folder = write_huggingface_folder(
        tmp_path / "folder",
        tensors,
        architectures=["PerceiverForMaskedLM"],
        num_latents=5,
        d_latents=12,
        d_model=8,
        num_self_attends_per_block=2,
        num_self_attention_heads=2,
        num_cross_attention_heads=2,
        vocab_size=20,
        max_position_embeddings=6,
        qk_channels=4,
        v_channels=12,
        self_attention_widening_factor=2,
        cross_attention_widening_factor=3,
    )
    checkpoint = read_checkpoint(folder, max_bytes=10**9)
    assert describe_checkpoint(checkpoint) == read_huggingface_config(folder)
    preset, overrides = read_huggingface_config(folder)
    assert preset == "language_bytes"
    # The decoder's widths are no part of a configuration.
    overrides |= {"decoder_qk_channels": 4, "num_decoder_heads": 2}
    other = from_preset(preset, **overrides)
    load_checkpoint(other, folder)
    assert_same_values(other, values_of(model))
