"""The published numbers of every model."""

import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver import presets
from tests.random_values import randomize
from tests.random_values import without_values
from tests.tiny_presets import random_inputs

# To the unit where all digits are published, and counted where they are not.
TRAINABLE = {
    "audioset_mel": 86_568_284,
    "audioset_raw": 24_922_462,
    "bert_base": 110_025_216,
    "bert_bytes": 20_098_048,
    "imagenet_conv": 48_646_522,
    "imagenet_conv_jft": 212_375_930,
    "imagenet_conv_mean_head": 42_341_754,
    "imagenet_fourier": 48_440_627,
    "imagenet_fourier_jft": 212_170_035,
    "imagenet_fourier_mean_head": 42_135_859,
    "imagenet_learned": 62_255_848,
    "imagenet_learned_mean_head": 55_951_080,
    "imagenet_perceiver": 44_912_254,
    "kinetics_autoencoder": 19_858_855,
    "kinetics_autoencoder_196": 19_858_855 - 588 * 512,
    "kinetics_autoencoder_392": 19_858_855 - 392 * 512,
    "language_bytes": 201_108_230,
    "language_bytes_glue": 204_278_288,
    "language_bytes_glue_shared_token": 204_278_288 - 7 * 768,
    "language_bytes_glue_task_tokens": 204_278_288,
    "language_bytes_plus_plus": 425_607_430,
    "language_sentencepiece": 223_155_456,
    "language_sentencepiece_glue": 227_473_424,
    "modelnet40_perceiver": 44_772_202,
    "optical_flow": 41_057_134,
    "optical_flow_conv": 41_119_610,
    "optical_flow_conv_small": 27_971_450,
    "optical_flow_pixels": 41_057_134 - 48 * 64,
    "optical_flow_separate_frames": 41_720_272,
    "starcraft_entities": 10_799_008,
    "starcraft_transformer": 2_517_280,
}
SMALL_FLOW = {"num_latents": 1024, "num_self_attends_per_block": 16}


def trainable_parameters(name, **overrides):
    with without_values():
        model = from_preset(name, **overrides)
    return sum(np.prod(weight.shape) for weight in model.trainable_variables)


@pytest.mark.parametrize("name", sorted(presets()))
def test_parameters_are_the_published_ones(name):
    assert presets()[name].parameters == TRAINABLE[name]
    assert trainable_parameters(name) == TRAINABLE[name]


def test_every_model_of_the_paper_is_there():
    assert presets().keys() == TRAINABLE.keys()


@pytest.mark.parametrize(
    ("name", "overrides", "parameters"),
    [
        # What the paper prints as 27.9M, beside the FLOPs of that model.
        ("optical_flow", SMALL_FLOW, 27_908_974),
        ("optical_flow_pixels", SMALL_FLOW, 27_908_974 - 48 * 64),
        ("optical_flow_conv", SMALL_FLOW, 27_971_450),
        # Of one size, whatever the image's.
        ("optical_flow", {"image_shape": (64, 96, 3)}, 41_057_134),
        ("imagenet_fourier", {"image_shape": (96, 160, 3)}, 48_440_627),
        ("imagenet_conv", {"image_shape": (96, 160, 3)}, 48_646_522),
        ("language_bytes", {"num_latents": 128}, 201_108_230 - 128 * 1280),
    ],
)
def test_parameters_with_other_numbers(name, overrides, parameters):
    assert trainable_parameters(name, **overrides) == parameters


def test_only_convolutions_have_weights_that_are_not_trained():
    """Averages of 64 channels for batch norm; the reference has them twice."""
    for name in ("imagenet_conv", "imagenet_fourier", "optical_flow_conv"):
        with without_values():
            model = from_preset(name)
        averages = 128 if "conv" in name else 0
        assert model.count_params() == TRAINABLE[name] + averages


@pytest.mark.parametrize("name", sorted(presets()))
def test_every_preset_says_where_it_comes_from_and_all_its_sizes(name):
    preset = presets()[name]
    assert preset.source
    defaults = set(preset.arguments) - set(preset.settings)
    assert not [key for key in defaults if key.startswith(("num_", "max_"))]


@pytest.mark.large
@pytest.mark.parametrize("name", sorted(presets()))
def test_published_sizes_answer(name):
    model = from_preset(name)
    randomize(model)
    answer = model.predict(random_inputs(model, batch=1), verbose=0)
    for output in answer.values() if isinstance(answer, dict) else [answer]:
        assert np.isfinite(output).all()
        assert output.std() > 0 or output.size == 1
