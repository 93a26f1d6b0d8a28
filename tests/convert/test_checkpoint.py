"""Published checkpoints into our models: all of them, or nothing."""

import pickle
import re

import keras
import ml_dtypes
import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver.convert import deepmind
from keras_perceiver.convert import huggingface
from keras_perceiver.convert import load_checkpoint
from keras_perceiver.convert.describe import describe_checkpoint
from keras_perceiver.convert.naming import sources_of
from keras_perceiver.convert.sources import read_checkpoint
from tests.convert.checkpoints import TINY
from tests.convert.checkpoints import assert_same_values
from tests.convert.checkpoints import deepmind_modules
from tests.convert.checkpoints import huggingface_tensors
from tests.convert.checkpoints import tiny
from tests.convert.checkpoints import values_of
from tests.convert.checkpoints import write_deepmind_pickle
from tests.convert.checkpoints import write_huggingface_folder
from tests.convert.refusals import refused
from tests.random_values import without_values

FORMS = [
    (form, family)
    for form in (deepmind, huggingface)
    for family in form.FAMILIES
]


def written(tmp_path, form, model):
    """A checkpoint of a model in one of the two forms."""
    if form is deepmind:
        return write_deepmind_pickle(tmp_path / "weights.pickle", model)
    return write_huggingface_folder(
        tmp_path / "folder", huggingface_tensors(model)
    )


def tiny_of(form, family):
    """A tiny model of a family, of a kind that the form has."""
    preset = form.FAMILIES[family].preset
    one_layer = form is huggingface and preset == "imagenet_conv"
    return tiny(preset, **({"num_stem_layers": 1} if one_layer else {}))


@pytest.mark.parametrize(("form", "family"), FORMS)
def test_every_weight_comes_back(tmp_path, form, family):
    model = tiny_of(form, family)
    source = written(tmp_path, form, model)
    other = from_preset(model.preset_name, **model.preset_overrides)
    load_checkpoint(other, source)
    assert_same_values(other, values_of(model))


@pytest.mark.parametrize("family", deepmind.FAMILIES)
def test_sizes_are_told_from_shapes(tmp_path, family):
    """All but what leaves no trace: heads, blocks, images, resolutions."""
    preset = deepmind.FAMILIES[family].preset
    model = tiny(preset)
    source = written(tmp_path, deepmind, model)
    checkpoint = read_checkpoint(source, max_bytes=10**9)
    name, told = describe_checkpoint(checkpoint)
    assert name == preset
    traceless = {
        key: value
        for key, value in TINY[preset].items()
        if re.search("heads|num_blocks|resolution|video_shape|samples$", key)
        or (key == "image_shape" and "learned" not in preset)
    }
    other = from_preset(name, **{**told, **traceless})
    load_checkpoint(other, source)
    assert_same_values(other, values_of(model))


# What DeepMind's files hold: modules, arrays.
RELEASED = {
    "language": (231, 457),
    "patch_flow": (213, 425),
    "autoencoder": (97, 183),
    "fourier_image_classifier": (69, 136),
    "learned_image_classifier": (72, 141),
    "conv_image_classifier": (71, 139),
}


@pytest.mark.parametrize("family", RELEASED)
def test_published_sizes_have_names_for_every_weight(family):
    preset = deepmind.FAMILIES[family].preset
    with without_values():
        model = from_preset(preset)
        names = {
            form: {
                source.key
                for source in sources_of(
                    model, form.FAMILIES[family], form.SCHEME
                ).values()
            }
            for form in (deepmind, huggingface)
        }
        assert all(len(keys) == len(model.weights) for keys in names.values())
    # Averages of batch normalisation are state, and counted apart.
    params = [key for key in names[deepmind] if not key.endswith("/average")]
    modules = {key.rpartition("/")[0] for key in params}
    assert (len(modules), len(params)) == RELEASED[family]


def pickled(path, params):
    path.write_bytes(pickle.dumps(params))
    return path


def test_all_differences_are_told_at_once(tmp_path, language):
    params, _ = deepmind_modules(language)
    queries = params.pop("basic_decoder/cross_attention/attention/linear")
    params["basic_decoder/cross_attention/attention/linaer"] = queries
    del params["embedding_decoder"]
    params["embed"]["embeddings"] = np.zeros((20, 9), "float32")
    linear = params["perceiver_encoder/~/self_attention/mlp/linear"]
    linear["b"] = linear["b"].astype("int32")
    source = pickled(tmp_path / "weights.pickle", params)
    head, *lines = refused(language, source).split("\n  ")
    assert head == f"{source} does not fit language:"
    decoder = "basic_decoder/cross_attention/attention"
    ours = "decoder_cross_attention/attention/query"
    assert lines == sorted(
        [
            "embed/embeddings (for token_embedding/embeddings): shape "
            "(20, 9) in the file, (20, 8) in the model",
            f"missing in the file: {decoder}/linear/b (for {ours}/bias)",
            f"missing in the file: {decoder}/linear/w (for {ours}/kernel)",
            "missing in the file: embedding_decoder/bias (for logits/bias)",
            "perceiver_encoder/~/self_attention/mlp/linear/b (for "
            "self_attention_0/mlp/hidden/bias): int32 in the file, float32 "
            "in the model",
            f"unknown to the model: {decoder}/linaer/b. Did you mean "
            f"'{decoder}/linear/b'?",
            f"unknown to the model: {decoder}/linaer/w. Did you mean "
            f"'{decoder}/linear/w'?",
        ]
    )


def test_a_deeper_model_needs_a_deeper_file(tmp_path, language):
    deeper = tiny("language_bytes", num_self_attends_per_block=3)
    shallow = write_deepmind_pickle(tmp_path / "shallow", language)
    said = refused(deeper, shallow)
    assert said.count("missing in the file") == 16
    deep = write_deepmind_pickle(tmp_path / "deep", deeper)
    said = refused(language, deep)
    assert said.count("unknown to the model: perceiver_encoder") == 16


@pytest.mark.parametrize(("form", "family"), FORMS)
def test_a_file_of_another_family_says_so(tmp_path, language, form, family):
    source = written(tmp_path, form, tiny_of(form, family))
    model = tiny("imagenet_fourier") if family == "language" else language
    said = refused(model, source)
    assert f"checkpoint of a {family}. Received: a {model.name}" in said
    assert f"from_preset({form.FAMILIES[family].preset!r}, ...)" in said


def test_models_without_a_checkpoint_say_so(tmp_path, language):
    source = write_deepmind_pickle(tmp_path / "weights", language)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs), name="mine")
    with pytest.raises(ValueError, match="no DeepMind checkpoints of models"):
        load_checkpoint(model, source)


def test_other_pickles_of_arrays_say_so(tmp_path, language):
    source = pickled(tmp_path / "weights", {"a": {"w": np.ones(3)}})
    said = refused(language, source)
    assert "is no DeepMind checkpoint of a Perceiver. It holds 1 tensors" in (
        said
    )
    assert "a/w" in said
    assert "holds 0 tensors" in refused(language, pickled(source, {}))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(tmp_path, language, value):
    params, _ = deepmind_modules(language)
    params["embed"]["embeddings"][3, 1] = value
    params["embedding_decoder"]["bias"] = np.full(20, value, ml_dtypes.bfloat16)
    said = refused(language, pickled(tmp_path / "weights", params))
    assert "is broken or diverged in training" in said
    assert "embed/embeddings: 1 of 160" in said
    assert "embedding_decoder/bias: 20 of 20" in said


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", ">f4"])
def test_other_floats_become_float32(tmp_path, capsys, language, dtype):
    kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype
    params, _ = deepmind_modules(language)
    params = {
        module: {name: array.astype(kind) for name, array in arrays.items()}
        for module, arrays in params.items()
    }
    other = tiny("language_bytes")
    load_checkpoint(other, pickled(tmp_path / "weights", params))
    for path, array in values_of(language).items():
        expected = array.astype(kind).astype("float32")
        np.testing.assert_array_equal(values_of(other)[path], expected)
    said = f"as {dtype}; read as float32." if dtype != ">f4" else ""
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "bfloat16"])
def test_models_in_half_precision_are_loaded(tmp_path, language, dtype):
    source = write_deepmind_pickle(tmp_path / "weights", language)
    model = tiny("language_bytes", dtype=dtype)
    load_checkpoint(model, source)
    for path, weight in values_of(model).items():
        expected = values_of(language)[path].astype(weight.dtype)
        np.testing.assert_array_equal(weight, expected, path)


@pytest.mark.usefixtures("quick_collections")
@pytest.mark.filterwarnings("ignore:Layer .* does not have a")
@pytest.mark.parametrize("change", ["quantize", "enable_lora"])
def test_changed_layers_are_told(tmp_path, language, change):
    source = write_deepmind_pickle(tmp_path / "weights", language)
    model = tiny("language_bytes")
    if change == "quantize":
        model.quantize("int8")
    else:
        block = model.get_layer("encoder_cross_attention")
        block.attention.query_dense.enable_lora(2)
    with pytest.raises(ValueError, match="Load a checkpoint before quantize"):
        load_checkpoint(model, source)


def test_a_pinned_hash_is_checked_for_files_too(tmp_path, language):
    source = write_deepmind_pickle(tmp_path / "weights", language)
    said = refused(language, source, sha256="0" * 64)
    assert f"Wanted: sha256 {'0' * 64}" in said
    found = re.search(r"Received: sha256 (\w{64})", said)[1]
    assert load_checkpoint(language, source, sha256=found.upper()) == {}
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        load_checkpoint(language, source, sha256="abc")


def test_an_absent_file_names_where_it_is_published(tmp_path, language):
    name = "language_perceiver_io_bytes.pickle"
    with pytest.raises(FileNotFoundError, match=r"publishes it at https://"):
        load_checkpoint(language, tmp_path / name)
    with pytest.raises(FileNotFoundError, match=r"does not exist\. Wanted"):
        load_checkpoint(language, tmp_path / "other")


@pytest.mark.parametrize("source", ["ftp://a/b", "http://a/b", "s3://a/b"])
def test_other_addresses_are_refused(language, source):
    with pytest.raises(ValueError, match="files, folders, https://"):
        load_checkpoint(language, source)
