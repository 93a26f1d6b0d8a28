"""Folders that hold a model: overrides, policies, sizes, descriptions."""

import re

import keras
import numpy as np
import pytest
import safetensors.numpy

from keras_perceiver import from_preset
from keras_perceiver.convert import load_pretrained
from keras_perceiver.convert import save_pretrained
from keras_perceiver.convert.position_tables import interpolated
from keras_perceiver.convert.pretrained import load_weights
from keras_perceiver.models.preset import Preset
from keras_perceiver.models.presets import _PRESETS
from tests.convert.checkpoints import assert_same_values
from tests.convert.checkpoints import tiny
from tests.convert.checkpoints import values_of
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
    folder = tmp_path_factory.mktemp("pretrained")
    save_pretrained(model, folder)
    return folder


def test_nested_tuples_and_numpy_numbers_come_back(tmp_path, monkeypatch):
    given = []

    def build(*, shapes=None, scale=1.0, size=2, dtype=None):
        given.append((shapes, scale, size, dtype))
        inputs = keras.Input((3,))
        return keras.Model(
            inputs, keras.layers.Dense(int(size), name="a")(inputs)
        )

    preset = Preset(build, {"shapes": ()}, 4, "here")
    monkeypatch.setitem(_PRESETS, "nested", preset)
    model = from_preset(
        "nested",
        shapes=((1, 2), (3, np.int64(4))),
        scale=np.float32(0.5),
        size=np.int32(3),
        dtype=keras.dtype_policies.DTypePolicy("float32"),
    )
    save_pretrained(model, tmp_path)
    load_pretrained(tmp_path)
    assert given[1] == (((1, 2), (3, 4)), 0.5, 3, "float32")
    assert [type(value) for value in given[1]] == [tuple, float, int, str]


def test_overrides_without_a_form_are_refused_before_anything_is_written(
    tmp_path,
):
    initializer = keras.initializers.Zeros()
    model = tiny_language()
    overrides = {**TINY_LANGUAGE, "embedding_stddev": initializer}
    object.__setattr__(model, "preset_overrides", overrides)
    with pytest.raises(ValueError, match="The override embedding_stddev"):
        save_pretrained(model, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_global_policy_of_the_time_comes_back(tmp_path):
    """Whatever is set where the model is loaded."""
    for built, loading in (
        ("mixed_bfloat16", "float32"),
        ("float32", "mixed_bfloat16"),
    ):
        keras.config.set_dtype_policy(built)
        model = tiny_language()
        save_pretrained(model, tmp_path)
        keras.config.set_dtype_policy(loading)
        loaded = load_pretrained(tmp_path)
        expected = "bfloat16" if built == "mixed_bfloat16" else "float32"
        assert loaded.encode.output.dtype == expected
        latents = model.encode(INPUTS)
        np.testing.assert_array_equal(loaded.encode(INPUTS), latents)


def test_weights_that_are_not_finite_come_back(tmp_path):
    model = tiny_language()
    model.get_layer("logits").bias.assign(np.full(262, np.nan))
    save_pretrained(model, tmp_path)
    assert np.isnan(load_pretrained(tmp_path).get_layer("logits").bias).all()


def test_preprocessing_comes_back(saved, tmp_path):
    assert load_pretrained(saved).preprocessing is None
    model = load_pretrained(saved)
    given = {"class_names": ["cat", "dog"], "mean": np.array([0.5, 1.0])}
    expected = {"class_names": ["cat", "dog"], "mean": [0.5, 1.0]}
    save_pretrained(model, tmp_path / "a", preprocessing=given)
    loaded = load_pretrained(tmp_path / "a")
    assert loaded.preprocessing == expected
    assert type(loaded.preprocessing) is dict
    # Kept by the model unless it is replaced.
    save_pretrained(loaded, tmp_path / "b")
    assert load_pretrained(tmp_path / "b").preprocessing == expected
    save_pretrained(loaded, tmp_path / "b", preprocessing={})
    assert load_pretrained(tmp_path / "b").preprocessing == {}


@pytest.mark.parametrize("value", ["text", [1], {"a": object()}, {1: 2}])
def test_other_preprocessing_is_refused(model, tmp_path, value):
    with pytest.raises(ValueError, match="preprocessing"):
        save_pretrained(model, tmp_path / "new", preprocessing=value)
    assert not (tmp_path / "new").exists()


def test_overrides_replace_those_of_the_folder(model, saved):
    loaded = load_pretrained(saved, dtype="mixed_bfloat16", dropout=0.5)
    assert loaded.encode.output.dtype == "bfloat16"
    assert loaded.preset_overrides["dropout"] == 0.5
    assert_same_values(loaded, values_of(model))
    with pytest.raises(ValueError, match="Did you mean 'num_latents'"):
        load_pretrained(saved, num_latent=3)
    with pytest.raises(ValueError, match=r"latents/array: shape \(4, 24\)"):
        load_pretrained(saved, num_latents=3)


def test_another_length_needs_the_option(model, saved):
    with pytest.raises(ValueError, match="pass interpolate_positions=True"):
        load_pretrained(saved, max_length=63)
    longer = load_pretrained(saved, max_length=63, interpolate_positions=True)
    assert longer.output_shape == (None, 63, 262)
    old, new = values_of(model), values_of(longer)
    for path in ("input_positions/array", "output_queries/array"):
        np.testing.assert_allclose(new[path][::2], old[path], atol=1e-5)


def test_images_of_another_size_are_loaded(tmp_path):
    """As many pixels in another shape are other positions too."""
    learned = tiny("imagenet_learned", image_shape=(4, 9, 3))
    save_pretrained(learned, tmp_path)
    for shape in ((6, 6, 3), (5, 8, 3)):
        with pytest.raises(ValueError, match="pass interpolate_positions=True"):
            load_pretrained(tmp_path, image_shape=shape)
        model = load_pretrained(
            tmp_path, image_shape=shape, interpolate_positions=True
        )
        expected = interpolated(
            values_of(learned)["input_positions/array"], (4, 9), shape[:2]
        )
        found = values_of(model)["input_positions/array"]
        np.testing.assert_allclose(found, expected, 1e-6)
    # Again from what was interpolated, whose shape is known as well.
    save_pretrained(model, tmp_path)
    load_pretrained(tmp_path)


def test_fourier_positions_take_any_size(tmp_path):
    model = tiny("imagenet_fourier")
    save_pretrained(model, tmp_path)
    larger = load_pretrained(tmp_path, image_shape=(12, 7, 3))
    assert larger.input_shape == (None, 12, 7, 3)
    assert_same_values(larger, values_of(model))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("", "is empty"),
        ("[]", "holds no JSON object"),
        ("{}", "has no 'preset' that is a str"),
        ('{"preset": "language_bytes"}', "has no 'overrides' that is a dict"),
        ('{"preset": 3, "overrides": {}}', "Received: preset=3"),
        ('{"preset": "language_bytes", "overrides": []}', "overrides=[]"),
        (
            '{"preset": "language_bytes", "overrides": {}, "layers": []}',
            "has 'layers' that is no dictionary",
        ),
        (
            '{"preset": "language_bytes", "overrides": {}, "preprocessing": 3}',
            "has 'preprocessing' that is no dictionary",
        ),
        (
            '{"preset": "language_bytes", "overrides": {"max_lenght": 3}}',
            "Did you mean 'max_length'",
        ),
        (
            '{"preset": "language_bytes", "overrides": {"max_length": "x"}}',
            "cannot be built",
        ),
        ("\xff\xfe", "is no JSON"),
    ],
)
def test_a_malformed_description_is_named(saved, tmp_path, text, said):
    path = tmp_path / "model.json"
    path.write_bytes(text.encode("latin1"))
    weights = "model.safetensors"
    (tmp_path / weights).write_bytes((saved / weights).read_bytes())
    with pytest.raises(ValueError, match=re.escape(str(path))) as error:
        load_pretrained(tmp_path)
    assert said in str(error.value)


def test_weights_of_another_kind_are_refused(model, saved, tmp_path):
    tensors = safetensors.numpy.load_file(saved / "model.safetensors")
    tensors["logits/bias"] = tensors["logits/bias"].astype("int8")
    path = tmp_path / "changed.safetensors"
    safetensors.numpy.save_file(tensors, path)
    before = values_of(model)
    said = "logits/bias: int8 in the file, float32 in the model"
    with pytest.raises(ValueError, match=said):
        load_weights(model, path)
    assert_same_values(model, before)
