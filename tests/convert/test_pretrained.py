"""Folders that hold a model."""

import json
import re

import keras
import numpy as np
import pytest
import safetensors.numpy

from keras_perceiver import from_preset
from keras_perceiver.convert import load_pretrained
from keras_perceiver.convert import save_pretrained
from keras_perceiver.convert.pretrained import load_weights
from keras_perceiver.models.preset import Preset
from keras_perceiver.models.presets import _PRESETS
from tests.tiny_models import TINY_LANGUAGE
from tests.tiny_models import tiny_language

INPUTS = {
    "token_ids": np.random.default_rng(0).integers(6, 262, (2, 32), "int32"),
    "padding_mask": np.arange(32) < [[32], [9]],
}


@pytest.fixture(scope="module")
def model():
    return tiny_language()


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    """A folder that holds `model`; tests copy what they change."""
    folder = tmp_path_factory.mktemp("pretrained") / "made" / "for it"
    save_pretrained(model, str(folder))
    return folder


def tensors_of(folder):
    return safetensors.numpy.load_file(folder / "model.safetensors")


def values(model):
    return {
        weight.path: np.copy(keras.ops.convert_to_numpy(weight))
        for weight in model.weights
    }


def assert_same_values(model, expected):
    found = values(model)
    assert found.keys() == expected.keys()
    for path, array in expected.items():
        np.testing.assert_array_equal(found[path], array, path)


def test_a_model_comes_back_with_its_views(model, saved):
    loaded = load_pretrained(str(saved))
    np.testing.assert_array_equal(loaded(INPUTS), model(INPUTS))
    latents = model.encode(INPUTS)
    np.testing.assert_array_equal(loaded.encode(INPUTS), latents)
    indices = keras.ops.convert_to_tensor([[3, 0], [8, 8]], "int32")
    given = {"latents": latents, "token_indices": indices}
    np.testing.assert_array_equal(loaded.decode(given), model.decode(given))


def test_the_folder_says_what_it_holds(model, saved):
    names = sorted(path.name for path in saved.iterdir())
    assert names == ["model.json", "model.safetensors"]
    description = json.loads((saved / "model.json").read_text())
    overrides = {**TINY_LANGUAGE, "dtype": "float32"}
    assert description == {"preset": "language_bytes", "overrides": overrides}
    stored = tensors_of(saved)
    assert stored.keys() == {weight.path for weight in model.weights}
    assert_same_values(model, stored)


def test_a_loaded_model_can_be_saved_again(saved, tmp_path):
    save_pretrained(load_pretrained(saved), tmp_path)
    for name in ("model.json", "model.safetensors"):
        assert (tmp_path / name).read_bytes() == (saved / name).read_bytes()


def test_saving_replaces_what_was_there(saved, tmp_path):
    other = from_preset("language_bytes", **{**TINY_LANGUAGE, "num_latents": 3})
    save_pretrained(other, tmp_path)
    save_pretrained(load_pretrained(saved), tmp_path)
    assert load_pretrained(tmp_path).encode.output.shape == (None, 4, 24)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "bfloat16"])
def test_the_policy_comes_back(tmp_path, dtype):
    model = tiny_language(dtype=dtype)
    save_pretrained(model, tmp_path)
    loaded = load_pretrained(tmp_path)
    assert loaded.encode.output.dtype == "bfloat16"
    kinds = {weight.dtype for weight in loaded.weights}
    assert kinds == {weight.dtype for weight in model.weights}
    np.testing.assert_array_equal(loaded(INPUTS), model(INPUTS))


def test_dropout_has_no_weights_to_keep(tmp_path):
    save_pretrained(tiny_language(dropout=0.5), tmp_path)
    loaded = load_pretrained(tmp_path)
    np.testing.assert_array_equal(loaded(INPUTS), tiny_language()(INPUTS))


def test_tuples_come_back(tmp_path, monkeypatch):
    shapes = []

    def build(*, image_shape=None):
        shapes.append(image_shape)
        inputs = keras.Input(image_shape)
        return keras.Model(inputs, keras.layers.Dense(2, name="dense")(inputs))

    preset = Preset(build, {"image_shape": (1, 1)}, 4, "here")
    monkeypatch.setitem(_PRESETS, "images", preset)
    save_pretrained(from_preset("images", image_shape=(5, 3)), tmp_path)
    load_pretrained(tmp_path)
    assert shapes == [(5, 3), (5, 3)]


def test_other_models_are_refused(tmp_path):
    inputs = keras.Input((3,))
    plain = keras.Model(inputs, keras.layers.Dense(2)(inputs), name="plain")
    with pytest.raises(ValueError, match="'plain' does not say") as error:
        save_pretrained(plain, tmp_path / "new")
    assert "use model.save" in str(error.value)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_a_missing_file_is_told(saved, tmp_path, name):
    for path in saved.iterdir():
        if path.name != name:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    said = re.escape(f"{tmp_path} holds no model: {name} is missing")
    with pytest.raises(FileNotFoundError, match=said):
        load_pretrained(tmp_path)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent holds no model"):
        load_pretrained(tmp_path / "absent")


def refused(model, path):
    """What is said of a file; the model keeps all its weights."""
    before = values(model)
    with pytest.raises(ValueError, match=re.escape(str(path))) as error:
        load_weights(model, path)
    assert_same_values(model, before)
    return str(error.value)


def test_all_differences_are_told_at_once(model, saved, tmp_path):
    tensors = {name: array + 1 for name, array in tensors_of(saved).items()}
    del tensors["logits/bias"], tensors["latents/array"]
    tensors["encoder_cross_attention/attention/query/kernal"] = np.zeros(3)
    tensors["nothing like it"] = np.zeros(3)
    tensors["input_positions/array"] = np.zeros((31, 16), "float32")
    # As many numbers in another shape.
    tensors["output_queries/array"] = np.zeros((16, 32), "float32")
    path = tmp_path / "changed.safetensors"
    safetensors.numpy.save_file(tensors, path)
    head, *lines = refused(model, path).split("\n  ")
    assert head == f"{path} does not fit language:"
    unknown = [line for line in lines if line.startswith("unknown")]
    assert set(lines) - set(unknown) == {
        "missing in the file: logits/bias",
        "missing in the file: latents/array",
        "input_positions/array: shape (31, 16) in the file, (32, 16) in the "
        "model",
        "output_queries/array: shape (16, 32) in the file, (32, 16) in the "
        "model",
    }
    assert lines == sorted(lines)
    assert len(unknown) == 2
    assert unknown[0].endswith(
        "query/kernal. Did you mean "
        "'encoder_cross_attention/attention/query/kernel'?"
    )
    assert "unknown to the model: nothing like it" in unknown[1]


def test_a_file_that_was_cut_off_is_told(model, saved, tmp_path):
    content = (saved / "model.safetensors").read_bytes()
    path = tmp_path / "model.safetensors"
    for length in (5, 500, len(content) - 1):
        path.write_bytes(content[:length])
        assert "is no safetensors file" in refused(model, path)
    (tmp_path / "model.json").write_bytes((saved / "model.json").read_bytes())
    with pytest.raises(ValueError, match="It may be cut off: copy it again"):
        load_pretrained(tmp_path)


def test_an_unknown_preset_is_told(saved, tmp_path):
    (tmp_path / "model.safetensors").touch()
    description = '{"preset": "langage_bytes", "overrides": {}}'
    (tmp_path / "model.json").write_text(description)
    with pytest.raises(ValueError, match="Did you mean 'language_bytes'"):
        load_pretrained(tmp_path)
