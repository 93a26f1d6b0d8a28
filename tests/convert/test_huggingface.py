"""Folders of Hugging Face: several files, other types, configurations.

That the names and layouts are those of Hugging Face's models is proved in
`tests/parity`, where these are installed.
"""

import json
import re

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

from keras_perceiver.convert import load_checkpoint
from keras_perceiver.convert import save_pretrained
from keras_perceiver.convert.describe import describe_checkpoint
from keras_perceiver.convert.huggingface import FAMILIES
from keras_perceiver.convert.sources import read_checkpoint
from tests.convert.checkpoints import assert_same_values
from tests.convert.checkpoints import huggingface_tensors
from tests.convert.checkpoints import tiny
from tests.convert.checkpoints import values_of
from tests.convert.checkpoints import write_huggingface_folder
from tests.convert.torch_archives import write_torch_file


@pytest.fixture(scope="module")
def model():
    return tiny("language_bytes")


@pytest.fixture(scope="module")
def tensors(model):
    return huggingface_tensors(model)


@pytest.fixture
def folder(tmp_path, tensors):
    return write_huggingface_folder(tmp_path / "folder", tensors)


def loaded(source, **overrides):
    model = tiny("language_bytes", **overrides)
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))
    load_checkpoint(model, source)
    return model


def refused(model, source, **options):
    before = values_of(model)
    with pytest.raises((ValueError, OSError)) as error:
        load_checkpoint(model, source, **options)
    assert_same_values(model, before)
    return str(error.value)


def cut(folder, tensors, write, suffix):
    """The folder with its weights in two files and an index."""
    (folder / "model.safetensors").unlink()
    stem = {"safetensors": "model", "bin": "pytorch_model"}[suffix]
    names = sorted(tensors)
    parts = {
        f"{stem}-0000{i + 1}-of-00002.{suffix}": names[i::2] for i in range(2)
    }
    places = {}
    for file, keys in parts.items():
        write(folder / file, {key: tensors[key] for key in keys})
        places |= dict.fromkeys(keys, file)
    index = folder / f"{stem}.{suffix}.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return index, places


def write_safetensors(path, tensors):
    safetensors.numpy.save_file(tensors, path)


@pytest.mark.parametrize(
    ("write", "suffix"),
    [(write_safetensors, "safetensors"), (write_torch_file, "bin")],
)
def test_weights_in_several_files_are_read(
    model, tensors, folder, write, suffix
):
    cut(folder, tensors, write, suffix)
    assert_same_values(loaded(folder), values_of(model))


def test_files_of_pytorch_are_read(model, tensors, folder):
    (folder / "model.safetensors").unlink()
    write_torch_file(folder / "pytorch_model.bin", tensors)
    assert_same_values(loaded(folder), values_of(model))


def test_an_index_leads_nowhere_else(model, tensors, folder, tmp_path):
    index, places = cut(folder, tensors, write_safetensors, "safetensors")
    first = sorted(places)[0]

    def said(changed):
        index.write_text(json.dumps({"weight_map": changed}))
        return refused(model, folder)

    safetensors.numpy.save_file(tensors, tmp_path / "outside")
    assert "'../outside', which is not beside it" in said(
        {**places, first: "../outside"}
    )
    outside = str(tmp_path / "outside")
    assert "which is not beside it" in said({**places, first: outside})
    assert f"tensors that no file holds: {first}x" in said(
        {**places, f"{first}x": places[first]}
    )
    assert f"does not say that {places[first]} holds {first}" in said(
        {key: place for key, place in places.items() if key != first}
    )
    assert "has no weight_map" in said({})
    index.write_text("[1]")
    assert "holds no JSON object. Received: list" in refused(model, folder)
    index.write_text("{")
    assert "is no JSON" in refused(model, folder)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_half_precision_is_read(model, tensors, tmp_path, capsys, dtype):
    halves = {name: array.astype(dtype) for name, array in tensors.items()}
    folder = write_huggingface_folder(tmp_path / "half", halves)
    for path, array in values_of(loaded(folder)).items():
        expected = values_of(model)[path].astype(dtype).astype("float32")
        np.testing.assert_array_equal(array, expected, path)
    count = len(tensors)
    kind = np.dtype(dtype).name
    said = f"Of {count} tensors the file holds {count} as {kind}; read as"
    assert said in capsys.readouterr().out


def test_all_differences_are_told_at_once(model, tensors, tmp_path):
    tensors = dict(tensors)
    name = "perceiver.encoder.self_attends.1.mlp.dense1.weight"
    tensors[name.replace("weight", "wieght")] = tensors.pop(name)
    tensors["embedding_decoder.bias"] = np.zeros(21, "float32")
    # As a checkpoint in training has it.
    tensors["perceiver.input_preprocessor.num_batches_tracked"] = np.array(3)
    folder = write_huggingface_folder(tmp_path / "changed", tensors)
    head, *lines = refused(model, folder).split("\n  ")
    assert head == f"{folder} does not fit language:"
    assert lines == [
        "embedding_decoder.bias (for logits/bias): shape (21,) in the file, "
        "(20,) in the model",
        f"missing in the file: {name} (for self_attention_1/mlp/hidden/kernel)",
        f"unknown to the model: {name.replace('weight', 'wieght')}. Did you "
        f"mean {name!r}?",
    ]


def test_the_overrides_of_its_form_are_returned_and_printed(folder, capsys):
    model = tiny("language_bytes")
    assert load_checkpoint(model, folder) == {"gelu_approximate": False}
    assert "overrides: gelu_approximate=False\n" in capsys.readouterr().out
    model = tiny("language_bytes", gelu_approximate=False)
    assert load_checkpoint(model, folder) == {}
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("preset", "form"),
    [
        ("imagenet_fourier", {}),
        ("imagenet_learned", {"decoder_query_residual": True}),
        ("imagenet_conv", {"stem_same_padding": False}),
        ("optical_flow", {"flow_scale": 0.01}),
        ("kinetics_autoencoder", {}),
    ],
)
def test_every_family_has_its_form(tmp_path, preset, form):
    more = {"num_stem_layers": 1} if preset == "imagenet_conv" else {}
    model = tiny(preset, **more)
    folder = write_huggingface_folder(
        tmp_path / "folder", huggingface_tensors(model)
    )
    assert load_checkpoint(model, folder) == {
        "gelu_approximate": False,
        **form,
    }
    model = tiny(preset, gelu_approximate=False, **form, **more)
    assert load_checkpoint(model, folder) == {}


@pytest.mark.parametrize("name", ["gelu_new", "gelu_pytorch_tanh"])
def test_the_activation_is_that_of_the_configuration(tmp_path, tensors, name):
    folder = write_huggingface_folder(
        tmp_path / "folder", tensors, hidden_act=name
    )
    assert load_checkpoint(tiny("language_bytes"), folder) == {}


def test_models_of_no_preset_are_told_the_whole_form(folder):
    model = tiny("language_bytes", gelu_approximate=False)
    del model.preset_name
    assert load_checkpoint(model, folder) == {"gelu_approximate": False}


def test_a_folder_without_weights_says_what_is_there(model, folder):
    (folder / "model.safetensors").rename(folder / "weights.h5")
    said = refused(model, folder)
    assert f"{folder} holds no weights. Wanted: model.safetensors" in said
    assert "Received: config.json, weights.h5" in said


def test_one_file_of_a_folder_is_no_source(model, folder):
    said = refused(model, folder / "model.safetensors")
    assert "Pass the folder that holds it and its config.json" in said


def test_our_own_folder_is_no_source(model, tmp_path):
    save_pretrained(model, tmp_path)
    assert "Use load_pretrained(folder)" in refused(model, tmp_path)


def test_links_as_in_its_cache_are_followed(model, folder, tmp_path):
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    for file in folder.iterdir():
        (snapshot / file.name).symlink_to(file)
    assert_same_values(loaded(snapshot), values_of(model))
    (folder / "model.safetensors").unlink()
    assert "a link to" in refused(model, snapshot)


def test_pinned_hashes_of_a_folder_are_checked(model, folder):
    pins = {"model.safetensors": "0" * 64}
    said = refused(model, folder, sha256=pins)
    found = re.search(r"Received: sha256 (\w{64})", said)[1]
    assert load_checkpoint(model, folder, sha256=found)
    assert load_checkpoint(model, folder, sha256={"model.safetensors": found})
    said = refused(model, folder, sha256={"pytorch_model.bin": found})
    assert "holds no pytorch_model.bin to compare" in said


def test_types_that_numpy_does_not_know_are_told(model, folder):
    header = json.dumps(
        {"w": {"dtype": "F8_E8M0", "shape": [4], "data_offsets": [0, 4]}}
    ).encode()
    content = len(header).to_bytes(8, "little") + header + bytes(4)
    (folder / "model.safetensors").write_bytes(content)
    assert str(folder / "model.safetensors") in refused(model, folder)


def test_without_a_configuration_weights_are_still_read(folder, model):
    (folder / "config.json").unlink()
    assert_same_values(loaded(folder), values_of(model))
    checkpoint = read_checkpoint(folder, max_bytes=10**9)
    with pytest.raises(ValueError, match=r"without a config\.json"):
        describe_checkpoint(checkpoint)


def test_every_family_is_known_by_its_tensors(tmp_path):
    for name, family in FAMILIES.items():
        more = {"num_stem_layers": 1} if "conv" in name else {}
        folder = write_huggingface_folder(
            tmp_path / name, huggingface_tensors(tiny(family.preset, **more))
        )
        assert read_checkpoint(folder, max_bytes=10**9).family == name
