"""Classifiers of video with sound."""

import keras
import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver.models import spectrogram_video_classifier
from keras_perceiver.models import waveform_video_classifier
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import fourier_features
from tests.float64_reference import linear
from tests.float64_reference import part
from tests.float64_reference import relative_error
from tests.models.training_runs import assert_compiled_gives_the_same_losses
from tests.random_values import random_array
from tests.random_values import randomize
from tests.random_values import weight_values

SHARED = {
    "video_shape": (2, 4, 6, 3),
    "num_classes": 5,
    "video_patch_shape": (2, 2, 3),
    "video_num_bands": 2,
    "audio_num_bands": 3,
    "query_dim": 10,
    "min_padding": 3,
    "num_latents": 4,
    "latent_dim": 12,
    "num_self_attends_per_block": 2,
    "num_self_attention_heads": 3,
    "decoder_query_residual": True,
}
WAVEFORM = {**SHARED, "num_audio_samples": 12, "samples_per_patch": 4}
SPECTROGRAM = {**SHARED, "spectrogram_shape": (3, 4)}
VIDEO = random_array(3, 2, 4, 6, 3)
BOTH = pytest.mark.parametrize(
    ("builder", "settings", "audio"),
    [
        (waveform_video_classifier, WAVEFORM, random_array(3, 12)),
        (spectrogram_video_classifier, SPECTROGRAM, random_array(3, 3, 4)),
    ],
    ids=["waveform", "spectrogram"],
)


def tiny(builder, settings, **others):
    model = builder(**{**settings, **others})
    randomize(model)
    return model


def behind(tokens, *vectors):
    """Joins vectors, or one row for each token, behind all tokens."""
    shape = tokens.shape[:2]
    vectors = [np.broadcast_to(v, (*shape, v.shape[-1])) for v in vectors]
    return np.concatenate([tokens, *vectors], axis=-1)


def audio_tokens(audio):
    """Runs of four samples, or one token for each value."""
    audio = audio.astype("float64")
    if audio.ndim == 2:
        rows, positions = audio.reshape(3, 3, 4), fourier_features((3,), 3)
    else:
        rows, positions = audio.reshape(3, 12, 1), fourier_features((3, 4), 3)
    return behind(rows, positions)


def video_tokens():
    """Two rows of two patches, each of both frames, 2 x 3 pixels."""
    patches = [
        VIDEO[:, :, 2 * row : 2 * row + 2, 3 * column : 3 * column + 3]
        for row, column in np.ndindex(2, 2)
    ]
    rows = np.stack([patch.reshape(3, 36) for patch in patches], axis=1)
    return behind(rows.astype("float64"), fourier_features((1, 2, 2), 2))


def reference(weights, audio, query_residual=True):
    """The whole model in float64."""
    tokens = [
        behind(audio_tokens(audio), weights["audio_padding/padding"]),
        behind(video_tokens(), weights["video_padding/padding"]),
    ]
    latents = float64_reference.cross_attention(
        part(weights, "encoder_cross_attention"),
        weights["latents/array"][None],
        np.concatenate(tokens, axis=1),
        num_heads=1,
    )
    for layer in ("self_attention_0", "self_attention_1"):
        latents = float64_reference.self_attention(
            part(weights, layer), latents, num_heads=3
        )
    outputs = float64_reference.cross_attention(
        part(weights, "decoder_cross_attention"),
        weights["output_query/array"][None],
        latents,
        num_heads=1,
        query_residual=query_residual,
    )
    return linear(outputs[:, 0], part(weights, "logits"))


@BOTH
@pytest.mark.parametrize("query_residual", [True, False])
def test_the_whole_equals_the_reference(
    builder, settings, audio, query_residual
):
    model = tiny(builder, settings, decoder_query_residual=query_residual)
    expected = reference(weight_values(model), audio, query_residual)
    assert_near(model({"video": VIDEO, "audio": audio}), expected)


@BOTH
def test_inputs_and_outputs_are_the_documented_ones(builder, settings, audio):
    model = tiny(builder, settings)
    assert model.name == "audio_video_classifier"
    for view in (model, model.encode):
        shapes = {name: tensor.shape for name, tensor in view.input.items()}
        assert shapes == {
            "video": (None, 2, 4, 6, 3),
            "audio": (None, *audio.shape[1:]),
        }
    assert set(model.decode.input) == {"latents"}
    assert model.encode.output.shape == (None, 4, 12)
    assert model.output.shape == model.decode.output.shape == (None, 5)
    empty = {"video": VIDEO[:0], "audio": audio[:0]}
    assert model(empty).shape == (0, 5)


@BOTH
def test_views_agree_and_share_the_weights(builder, settings, audio):
    model, inputs = tiny(builder, settings), {"video": VIDEO, "audio": audio}
    latents = model.encode(inputs)
    assert_near(model.decode({"latents": latents}), model(inputs), 1e-6)
    encode = {id(weight) for weight in model.encode.weights}
    decode = {id(weight) for weight in model.decode.weights}
    assert encode | decode == {id(weight) for weight in model.weights}
    assert not encode & decode


@BOTH
def test_both_modalities_are_heard(builder, settings, audio):
    model = tiny(builder, settings)
    logits = model({"video": VIDEO, "audio": audio})
    for changed in ({"video": 0 * VIDEO}, {"audio": 0 * audio}):
        other = model({"video": VIDEO, "audio": audio, **changed})
        assert relative_error(other, logits) > 1e-3


def test_weights_have_the_names_that_conversion_reads():
    for builder, settings, audio_width in (
        (waveform_video_classifier, WAVEFORM, 4 + 7),
        (spectrogram_video_classifier, SPECTROGRAM, 1 + 2 * 7),
    ):
        shapes = {
            weight.path: tuple(weight.shape)
            for weight in tiny(builder, settings).weights
        }
        assert shapes["video_padding/padding"] == (3,)
        assert shapes["audio_padding/padding"] == (36 + 15 + 3 - audio_width,)
        assert shapes["output_query/array"] == (1, 10)
        assert shapes["logits/kernel"] == (10, 5)


@pytest.mark.parametrize(
    ("settings", "layer", "resolution"),
    [
        ({}, "video_positions", None),
        ({"video_max_resolution": (4, 6, 8)}, "video_positions", (4, 6, 8)),
        ({"audio_max_resolution": (8, 9)}, "audio_positions", (8, 9)),
    ],
)
def test_resolutions_reach_their_positions(settings, layer, resolution):
    model = spectrogram_video_classifier(**{**SPECTROGRAM, **settings})
    assert model.get_layer(layer).max_resolution == resolution


@BOTH
def test_mixed_precision_gives_float32_logits(builder, settings, audio):
    inputs = {"video": VIDEO, "audio": audio}
    exact = tiny(builder, settings)(inputs)
    mixed = tiny(builder, settings, dtype="mixed_bfloat16")
    latents = mixed.encode(inputs)
    assert latents.dtype == "bfloat16"
    for logits in (mixed(inputs), mixed.decode({"latents": latents})):
        assert logits.dtype == "float32"
        assert 1e-4 < relative_error(logits, exact) < 0.05


@BOTH
def test_survives_a_keras_file(builder, settings, audio, tmp_path):
    model, inputs = tiny(builder, settings), {"video": VIDEO, "audio": audio}
    model.save(tmp_path / "classifier.keras")
    loaded = keras.saving.load_model(tmp_path / "classifier.keras")
    np.testing.assert_array_equal(loaded(inputs), model(inputs))


def test_samples_that_do_not_fill_a_token_are_refused():
    with pytest.raises(ValueError, match="num_audio_samples=14"):
        waveform_video_classifier(**{**WAVEFORM, "num_audio_samples": 14})


def labelled_clips(number, repeats=1):
    """Random clips, each with labels of its own."""
    rng = np.random.default_rng(0)
    inputs = {
        "video": rng.normal(size=(number, 2, 4, 6, 3)).astype("float32"),
        "audio": rng.normal(size=(number, 12)).astype("float32"),
    }
    labels = (rng.random((number, 5)) < 0.4).astype("float32")
    inputs = {
        name: np.concatenate([array] * repeats)
        for name, array in inputs.items()
    }
    return inputs, np.concatenate([labels] * repeats)


def test_bare_compile_and_fit_learn_a_fixed_batch():
    inputs, labels = labelled_clips(8, repeats=20)
    model = waveform_video_classifier(**WAVEFORM)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(5e-3), loss, jit_compile=False)
    history = model.fit(
        inputs, labels, batch_size=8, epochs=5, shuffle=False, verbose=0
    ).history["loss"]
    # From guessing, 0.69 nats at a coin's toss, to knowing.
    assert history[0] > 0.2
    assert history[-1] < 0.02


# As `test_xla.py` shows of a step.
@pytest.mark.large
def test_compiled_training_gives_the_same_losses():
    inputs, labels = labelled_clips(4)

    # One layer and SGD, since tracing and compiling take all of the time.
    def compiled(**how):
        model = tiny(
            waveform_video_classifier, WAVEFORM, num_self_attends_per_block=1
        )
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.01), loss, **how)
        return model

    assert_compiled_gives_the_same_losses(compiled, inputs, labels, rtol=1e-5)


@pytest.mark.large
@pytest.mark.parametrize(
    ("name", "audio_shape", "num_tokens"),
    [
        ("audioset_raw", (1, 61_440), 13_024),
        ("audioset_mel", (1, 75, 64), 17_344),
    ],
)
def test_published_sizes_answer(name, audio_shape, num_tokens):
    model = from_preset(name)
    assert model.get_layer("tokens").output.shape == (None, num_tokens, 487)
    inputs = {
        "video": np.full((1, 32, 224, 224, 3), 0.5, "float32"),
        "audio": np.zeros(audio_shape, "float32"),
    }
    logits = np.array(model(inputs))
    assert logits.shape == (1, 527)
    assert np.isfinite(logits).all()
