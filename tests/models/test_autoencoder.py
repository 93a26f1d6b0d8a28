"""The multimodal autoencoder."""

import keras
import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver.models import autoencoder
from tests.float64_autoencoder import CHOSEN
from tests.float64_autoencoder import DATA
from tests.float64_autoencoder import LABEL
from tests.float64_autoencoder import NUM_PATCHES
from tests.float64_autoencoder import NUM_PIXELS
from tests.float64_autoencoder import TINY
from tests.float64_autoencoder import reference
from tests.float64_reference import assert_near
from tests.float64_reference import relative_error
from tests.random_values import randomize
from tests.random_values import weight_values

EVERYTHING = {
    "video_indices": np.tile(np.arange(NUM_PIXELS, dtype="int32"), (3, 1)),
    "audio_indices": np.tile(np.arange(NUM_PATCHES, dtype="int32"), (3, 1)),
}


def tiny(**settings):
    model = autoencoder(**{**TINY, **settings})
    randomize(model)
    return model


def assert_all_near(actual, expected, tolerance=1e-5):
    assert actual.keys() == expected.keys()
    for name, array in expected.items():
        assert_near(actual[name], array, tolerance)


def test_the_whole_equals_the_reference():
    model = tiny()
    outputs = model({**DATA, **CHOSEN})
    assert_all_near(outputs, reference(weight_values(model)))


def test_inputs_and_outputs_are_the_documented_ones():
    model = tiny()
    assert set(model.input) == {*DATA, *CHOSEN}
    assert set(model.encode.input) == set(DATA)
    assert set(model.decode.input) == {"latents", *CHOSEN}
    for name in CHOSEN:
        assert model.input[name].dtype == "int32"
    for view in (model, model.decode):
        shapes = {name: output.shape for name, output in view.output.items()}
        assert shapes == {
            "video": (None, None, 3),
            "audio": (None, None, 4),
            "label": (None, 7),
        }
    assert model.encode.output.shape == (None, 5, 12)


def decoded(model, latents, indices):
    # Tensors too: Keras takes no arrays beside tensors.
    indices = {
        name: keras.ops.convert_to_tensor(array, "int32")
        for name, array in indices.items()
    }
    return model.decode({"latents": latents, **indices})


def test_chosen_outputs_are_those_rows_of_everything():
    model = tiny()
    latents = model.encode(DATA)
    everything = decoded(model, latents, EVERYTHING)
    chosen = decoded(model, latents, CHOSEN)
    clip = np.arange(3)[:, None]
    expected = {
        "video": np.array(everything["video"])[clip, CHOSEN["video_indices"]],
        "audio": np.array(everything["audio"])[clip, CHOSEN["audio_indices"]],
        "label": everything["label"],
    }
    assert_all_near(chosen, expected, 1e-6)
    assert_all_near(model({**DATA, **CHOSEN}), expected, 1e-6)


@pytest.mark.parametrize("lengths", [(0, 0), (1, 0), (0, 3), (20, 5)])
def test_decode_takes_any_number_of_indices(lengths):
    model = tiny()
    indices = {
        name: np.zeros((3, length))
        for name, length in zip(CHOSEN, lengths, strict=True)
    }
    outputs = decoded(model, model.encode(DATA), indices)
    shapes = {name: tuple(array.shape) for name, array in outputs.items()}
    assert shapes == {
        "video": (3, lengths[0], 3),
        "audio": (3, lengths[1], 4),
        "label": (3, 7),
    }
    expected = decoded(model, model.encode(DATA), CHOSEN)["label"]
    assert_near(outputs["label"], expected, 1e-6)


def test_one_row_of_indices_serves_all_latents():
    model = tiny()
    latents = model.encode(DATA)
    one = {name: array[:1] for name, array in CHOSEN.items()}
    each = {name: np.tile(array, (3, 1)) for name, array in one.items()}
    assert_all_near(
        decoded(model, latents, one), decoded(model, latents, each), 1e-6
    )


def test_a_clip_alone_equals_the_clip_in_a_batch():
    model = tiny()
    inputs = {**DATA, **CHOSEN}
    outputs = model(inputs)
    for row in range(3):
        alone = {name: array[row : row + 1] for name, array in inputs.items()}
        expected = {n: array[row : row + 1] for n, array in outputs.items()}
        assert_all_near(model(alone), expected, 2e-6)
    empty = {name: array[:0] for name, array in inputs.items()}
    assert model(empty)["label"].shape == (0, 7)


def test_any_nan_in_the_label_says_that_it_is_not_given():
    model = tiny()
    latents = np.array(model.encode(DATA))
    for label in (0.0, 1.0, np.inf):
        partly = LABEL.copy()
        partly[1] = label
        given = np.array(model.encode({**DATA, "label": partly}))
        # A label that is given is another thing, whatever it is.
        if np.isfinite(label):
            assert relative_error(given[1], latents[1]) > 1e-3
        partly[1, 3] = np.nan
        missing = np.array(model.encode({**DATA, "label": partly}))
        np.testing.assert_array_equal(missing, latents)


@pytest.mark.parametrize(
    ("modality", "one_number_of_each_token"),
    [
        ("video", np.s_[:, :, ::2, ::3, 0]),
        ("audio", np.s_[:, ::4]),
        ("label", np.s_[:, 0]),
    ],
)
def test_what_is_not_given_has_no_influence(modality, one_number_of_each_token):
    model = tiny()
    latents = []
    for values in (DATA[modality], 2 - DATA[modality]):
        hidden = values.copy()
        hidden[one_number_of_each_token] = np.nan
        latents.append(np.array(model.encode({**DATA, modality: hidden})))
    np.testing.assert_array_equal(*latents)
    assert relative_error(latents[0], model.encode(DATA)) > 1e-3


def test_views_share_the_weights_of_the_whole():
    model = tiny()
    weights = {id(weight) for weight in model.weights}
    encode = {id(weight) for weight in model.encode.weights}
    decode = {id(weight) for weight in model.decode.weights}
    assert encode < weights
    assert decode < weights
    assert encode | decode == weights
    assert not encode & decode


def test_weights_have_the_names_that_conversion_reads():
    paths = [weight.path for weight in tiny().weights]
    assert len(set(paths)) == len(paths)
    shapes = {w.path: tuple(w.shape) for w in tiny().weights}
    # Video is the widest of what is read, 18 + 15, and of queries, 15.
    assert shapes["audio_padding/padding"] == (35 - 11,)
    assert shapes["video_padding/padding"] == (2,)
    assert shapes["label_padding/padding"] == (35 - 7,)
    assert shapes["audio_query_padding/padding"] == (18 - 7,)
    assert shapes["video_query_padding/padding"] == (3,)
    assert shapes["label_query_padding/padding"] == (18 - 9,)
    assert shapes["label_query/array"] == (1, 9)
    assert shapes["decoder_output/kernel"] == (18, 8)
    for modality, channels in (("audio", 4), ("video", 3), ("label", 7)):
        assert shapes[f"{modality}_mask/token"] == (35,)
        assert shapes[f"{modality}_output/kernel"] == (8, channels)


def test_linear_layers_start_as_the_reference_does():
    model = autoencoder(**{**TINY, "decoder_output_dim": 2000})
    for name, fan_in in (("decoder_output", 18), ("label_output", 2000)):
        kernel = keras.ops.convert_to_numpy(model.get_layer(name).kernel)
        # Cut at two deviations and not corrected for the cut.
        assert kernel.std() == pytest.approx(0.88 * fan_in**-0.5, rel=0.03)
        assert np.abs(kernel).max() <= 2 * fan_in**-0.5


def test_mixed_precision_gives_float32_outputs():
    exact, mixed = tiny(), tiny(dtype="mixed_bfloat16")
    latents = mixed.encode(DATA)
    assert latents.dtype == "bfloat16"
    expected = exact({**DATA, **CHOSEN})
    for outputs in (
        mixed({**DATA, **CHOSEN}),
        decoded(mixed, latents, CHOSEN),
    ):
        for name, array in outputs.items():
            assert array.dtype == "float32"
            assert 1e-4 < relative_error(array, expected[name]) < 0.05


def test_survives_a_keras_file(tmp_path):
    model = tiny()
    model.save(tmp_path / "autoencoder.keras")
    loaded = keras.saving.load_model(tmp_path / "autoencoder.keras")
    expected = model({**DATA, **CHOSEN})
    for name, array in loaded({**DATA, **CHOSEN}).items():
        np.testing.assert_array_equal(array, expected[name])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"num_audio_samples": 13},
            ["num_audio_samples=13", "samples_per_patch=4"],
        ),
        ({"video_shape": (2, 5, 6, 3)}, ["divisible", "(None, 2, 5, 6, 3)"]),
        ({"video_max_resolution": (5, 6)}, ["max_resolution=(5, 6)"]),
    ],
)
def test_sizes_that_do_not_fit_are_named(settings, words):
    with pytest.raises(ValueError, match="Received") as error:
        autoencoder(**{**TINY, **settings})
    for word in words:
        assert word in str(error.value)


@pytest.mark.large
def test_the_published_size_answers():
    model = from_preset("kinetics_autoencoder")
    assert model.get_layer("tokens").output.shape == (None, 52_097, 704)
    inputs = {
        "video": np.full((1, 16, 224, 224, 3), 0.5, "float32"),
        "audio": np.zeros((1, 30_720), "float32"),
        "label": np.full((1, 700), np.nan, "float32"),
        "video_indices": np.array([[0, 16 * 224 * 224 - 1]], "int32"),
        "audio_indices": np.array([[0, 1919]], "int32"),
    }
    outputs = model(inputs)
    shapes = {name: tuple(array.shape) for name, array in outputs.items()}
    assert shapes == {
        "video": (1, 2, 3),
        "audio": (1, 2, 16),
        "label": (1, 700),
    }
    for array in outputs.values():
        assert np.isfinite(array).all()
