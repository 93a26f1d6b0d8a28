"""What `cost` takes, refuses and counts in bytes."""

import dataclasses
import statistics
import time

import keras
import pytest

from keras_perceiver import models
from keras_perceiver import presets
from keras_perceiver.cost import Cost
from keras_perceiver.cost import cost
from keras_perceiver.cost import cost_of
from keras_perceiver.layers import attention_memory

TINY = {
    "vocabulary_size": 5,
    "max_length": 7,
    "embedding_dim": 12,
    "num_latents": 2,
    "latent_dim": 12,
    "num_self_attends_per_block": 3,
}
PARTS = ["preprocessing", "encoder", "processor", "decoder", "head"]


@pytest.mark.parametrize("name", presets())
def test_every_preset_has_a_cost(name):
    told, preset = cost(name), presets()[name]
    assert told.parameters == preset.parameters
    assert list(told.parts) == [part for part in PARTS if part in told.parts]
    for total in ("parameters", "flops"):
        parts = [getattr(part, total) for part in told.parts.values()]
        assert getattr(told, total) == sum(parts)
    assert 0 < told.inference_bytes < told.training_bytes


@pytest.mark.parametrize("name", presets())
def test_no_layer_is_made(name, monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("a layer was made")

    monkeypatch.setattr(keras.layers.Layer, "__init__", fail)
    assert isinstance(cost(name), Cost)


def test_an_answer_takes_milliseconds():
    """A search asks thousands of times."""
    seconds = []
    for num_latents in range(1, 50):
        began = time.perf_counter()
        cost("imagenet_perceiver", num_latents=num_latents)
        seconds.append(time.perf_counter() - began)
    assert statistics.median(seconds) < 0.02


def test_a_cost_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        cost("bert_base").flops = 0


def test_builder_and_preset_agree():
    preset = presets()["language_bytes"]
    settings = {**preset.settings, **TINY}
    assert cost_of(models.language, batch=3, **settings) == cost(
        "language_bytes", batch=3, **TINY
    )


def test_defaults_of_the_builder_count():
    """`encode` has 8 heads for the processor, which 12 does not divide by."""
    with pytest.raises(ValueError, match="divisible"):
        cost_of(models.language, **TINY, num_decoder_heads=1)
    told = cost_of(
        models.language,
        **TINY,
        num_decoder_heads=1,
        num_self_attention_heads=2,
    )
    assert told.flops > 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: cost("langauge_bytes"),
            ValueError,
            ["Unknown preset", "Did you mean 'language_bytes'"],
        ),
        (
            lambda: cost("language_bytes", num_latent=3),
            ValueError,
            ["'num_latent'", "Did you mean 'num_latents'", "'language_bytes'"],
        ),
        (
            lambda: cost("language_bytes", num_video_outputs=3),
            ValueError,
            ["'num_video_outputs'"],
        ),
        (
            lambda: cost("language_bytes", qk_channels=9),
            ValueError,
            ["divisible", "qk_channels=9", "num_heads=8"],
        ),
        (
            lambda: cost("language_bytes", v_channels=9),
            ValueError,
            ["divisible", "v_channels=9", "num_heads=8"],
        ),
        (
            lambda: cost("language_bytes", num_decoder_heads=0),
            ValueError,
            ["num_heads=0"],
        ),
        (
            lambda: cost("language_bytes", batch=0),
            ValueError,
            ["batch=0", "at least 1"],
        ),
        (
            lambda: cost_of(dict),
            ValueError,
            ["No cost is known", "dict", "separate_frames_flow"],
        ),
        (
            lambda: cost_of(models.language, **TINY, num_latens=2),
            ValueError,
            ["'num_latens'", "Did you mean 'num_latents'", "'language'"],
        ),
        (
            lambda: cost_of(models.language, num_decoder_heads=1),
            TypeError,
            ["missing", "max_length"],
        ),
    ],
)
def test_mistakes_are_told(call, error, words):
    with pytest.raises(error) as raised:
        call()
    for word in words:
        assert word in str(raised.value)


def test_flops_are_those_of_one_example():
    assert cost("bert_base", batch=7).flops == cost("bert_base").flops


@pytest.mark.parametrize(
    ("dtype", "activation", "weight"),
    [
        ("float32", 4, 4),
        ("bfloat16", 2, 2),
        ("mixed_bfloat16", 2, 4),
        ("mixed_float16", 2, 4),
        ("float64", 8, 8),
    ],
)
def test_bytes_follow_the_dtype_policy(dtype, activation, weight):
    single = cost("modelnet40_perceiver", dtype="float32")
    told = cost("modelnet40_perceiver", dtype=dtype)
    # The head alone is float32 under every policy.
    for name in ("inference_bytes", "training_bytes"):
        ratio = getattr(told, name) / getattr(single, name)
        assert ratio == pytest.approx(activation / 4, rel=0.02)
    assert told.weight_bytes == weight * told.parameters
    assert told.gradient_bytes == told.weight_bytes
    assert told.optimizer_bytes == 2 * told.weight_bytes


def test_without_a_dtype_the_global_policy_counts():
    single = cost("language_bytes")
    keras.config.set_dtype_policy("bfloat16")
    assert cost("language_bytes") == cost("language_bytes", dtype="bfloat16")
    assert cost("language_bytes").weight_bytes == single.weight_bytes // 2


def test_bytes_grow_with_the_batch():
    with attention_memory(float("inf")):
        one, two, three = (cost("imagenet_fourier", batch=i) for i in (1, 2, 3))
    for name in ("inference_bytes", "training_bytes"):
        numbers = [getattr(told, name) for told in (one, two, three)]
        assert numbers[2] - numbers[1] == numbers[1] - numbers[0] > 0
        # Positions are computed once for all.
        assert numbers[1] <= 2 * numbers[0]
    assert one.weight_bytes == two.weight_bytes


def test_scores_are_held_before_and_behind_the_softmax():
    """512 x 512 scores of 12 heads; nothing else is as large."""
    told = cost("bert_base", vocabulary_size=1, num_self_attends=1)
    scores = 12 * 512 * 512 * 4
    rows = 512 * 768 * 4
    # Beside them the values, and what the residual adds to.
    assert told.inference_bytes == 2 * scores + 2 * rows


def test_scores_take_no_more_than_attention_may():
    """As `kernels.attend`, which makes them for some queries at a time."""
    scores = 368 * 496 * 2048 * 4
    with attention_memory(float("inf")):
        plain = cost("optical_flow")
    chunked = cost("optical_flow")
    assert plain.inference_bytes > 2 * scores
    assert chunked.inference_bytes < scores
    # Encoder and decoder keep their weights, or none of them.
    saved = plain.training_bytes - plain.inference_bytes
    saved -= chunked.training_bytes - chunked.inference_bytes
    assert saved == pytest.approx(2 * scores + 24 * 16 * 2048**2 * 4, rel=0.02)
    assert (plain.flops, plain.parameters, plain.parts) == (
        chunked.flops,
        chunked.parameters,
        chunked.parts,
    )


def test_whatever_fits_is_held_whole():
    scores = 12 * 512 * 512 * 4
    sizes = {"vocabulary_size": 1, "num_self_attends": 1}
    told = []
    for limit in (float("inf"), 2 * scores, scores):
        with attention_memory(limit):
            told.append(cost("bert_base", batch=2, **sizes))
    assert told[0] == told[1]
    assert told[2].inference_bytes < told[1].inference_bytes
    assert told[2].training_bytes < told[1].training_bytes


def test_training_holds_every_layer_and_every_application():
    def kept(**overrides):
        told = cost("imagenet_fourier", num_blocks=1, **overrides)
        return told.training_bytes - told.inference_bytes

    layers = [kept(num_self_attends_per_block=i) for i in (1, 2, 5)]
    assert layers[2] - layers[1] == 3 * (layers[1] - layers[0]) > 0
    shared = cost(
        "imagenet_fourier", num_blocks=5, num_self_attends_per_block=1
    )
    assert shared.training_bytes - shared.inference_bytes == layers[2]


def test_dropout_keeps_masks_and_no_more_in_inference():
    plain, dropping = (
        cost("language_bytes"),
        cost("language_bytes", dropout=0.1),
    )
    assert dropping.inference_bytes == plain.inference_bytes
    # A byte for each number of the latents: twice in each of 27 layers.
    masks = 2 * 27 * 256 * 1280
    assert dropping.training_bytes - plain.training_bytes == masks


def test_chosen_outputs_cost_less():
    every, few = (
        cost("kinetics_autoencoder", **chosen)
        for chosen in ({}, {"num_video_outputs": 512, "num_audio_outputs": 512})
    )
    assert every.parameters == few.parameters
    assert every.parts["encoder"] == few.parts["encoder"]
    assert every.flops > 20 * few.flops
    assert every.inference_bytes > 10 * few.inference_bytes
    assert every == cost(
        "kinetics_autoencoder",
        num_video_outputs=16 * 224 * 224,
        num_audio_outputs=1920,
    )


@pytest.mark.parametrize("num_blocks", [1, 3])
def test_rematerialised_layers_keep_their_input_alone(num_blocks):
    def training_bytes(num_layers, **settings):
        told = cost(
            "imagenet_fourier",
            batch=2,
            num_self_attends_per_block=num_layers,
            num_blocks=num_blocks,
            **settings,
        )
        return told.training_bytes

    latents = 2 * 512 * 1024 * 4
    remade = [training_bytes(n, rematerialize=True) for n in (5, 6)]
    assert remade[1] - remade[0] == num_blocks * latents
    kept = [training_bytes(n) for n in (5, 6)]
    assert kept[1] - kept[0] > 8 * num_blocks * latents
    assert remade[0] < kept[0]
