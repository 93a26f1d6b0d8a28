"""Folders that transformers and torch write, in all their forms."""

import numpy as np
import pytest
import torch
from keras import ops
from torch.nn import functional

from keras_perceiver import from_preset
from keras_perceiver.convert import load_checkpoint
from keras_perceiver.convert import read_huggingface_config
from keras_perceiver.convert.position_tables import interpolated
from keras_perceiver.convert.sources import read_checkpoint
from keras_perceiver.convert.torch_file import read_torch_file
from tests.float64_reference import relative_error
from tests.parity import cases

TOLERANCE = 1e-4
LANGUAGE, *_ = cases.SMALL
LEARNED = next(case for case in cases.SMALL if "learned" in case.name)


def read(folder):
    return read_checkpoint(folder, max_bytes=10**9)


def tensors_of(model):
    return {
        name: tensor.float().numpy()
        for name, tensor in model.state_dict().items()
    }


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(
            found[name].astype("float32"), array, name
        )


@pytest.mark.parametrize("case", cases.SMALL, ids=cases.name_of)
def test_a_folder_says_how_to_build_its_model(case, tmp_path):
    case.theirs().save_pretrained(tmp_path)
    preset, overrides = read_huggingface_config(tmp_path)
    assert preset == case.family.preset
    # What no configuration has: Fourier positions take any size.
    size = {
        key: case.settings[key]
        for key in ("image_shape",)
        if key in case.settings
    }
    model = from_preset(preset, **{**overrides, **size})
    load_checkpoint(model, tmp_path)
    expected = from_preset(preset, **case.overrides)
    assert {weight.path: weight.shape for weight in model.weights} == {
        weight.path: weight.shape for weight in expected.weights
    }


@pytest.mark.parametrize("case", cases.SMALL, ids=cases.name_of)
def test_every_tensor_of_a_torch_file_is_read(case, tmp_path):
    """Buffers, transposed and shared tensors, of every type of number."""
    model = case.theirs()
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    found = read_torch_file(tmp_path / "pytorch_model.bin")
    assert_same(found, tensors_of(model))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("as_torch_file", [True, False])
def test_half_precision_is_read(tmp_path, dtype, as_torch_file):
    model = LANGUAGE.theirs().to(dtype)
    model.save_pretrained(tmp_path)
    if as_torch_file:
        (tmp_path / "model.safetensors").unlink()
        torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    assert_same(read(tmp_path).tensors, tensors_of(model))


def test_weights_in_several_files_are_read(tmp_path):
    model = LANGUAGE.theirs()
    model.save_pretrained(tmp_path, max_shard_size="10KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    assert_same(read(tmp_path).tensors, tensors_of(model))


def test_views_and_parameters_are_read(tmp_path):
    table = torch.arange(24.0).reshape(4, 6)
    parts = {
        "whole": table,
        "transposed": table.T,
        "column": table[:, 2],
        "stepped": table[::2, 1::2],
        "expanded": torch.ones(1, 3).expand(5, 3),
        "parameter": torch.nn.Parameter(table + 1),
        "number": torch.tensor(3),
        "none": torch.zeros(0, 4),
    }
    path = tmp_path / "pytorch_model.bin"
    torch.save(parts, path)
    assert_same(
        read_torch_file(path),
        {name: part.detach().float().numpy() for name, part in parts.items()},
    )


def test_other_things_that_torch_saves_are_refused(tmp_path):
    path = tmp_path / "pytorch_model.bin"
    model = torch.nn.Linear(2, 3)
    torch.save(model, path)
    with pytest.raises(ValueError, match="opcode NEWOBJ"):
        read_torch_file(path)
    torch.save({"state": model.state_dict()}, path)
    with pytest.raises(ValueError, match="is nested wrongly: state"):
        read_torch_file(path)
    torch.save({"half": torch.ones(2, dtype=torch.complex64)}, path)
    with pytest.raises(ValueError, match=r"torch\.ComplexFloatStorage"):
        read_torch_file(path)
    torch.save(model.state_dict(), path, _use_new_zipfile_serialization=False)
    with pytest.raises(ValueError, match=r"before 1\.6"):
        read_torch_file(path)


@pytest.mark.parametrize("new", [(8, 3), (5, 7), (20, 20), (1, 1)])
def test_positions_are_interpolated_as_by_torch(new):
    table = torch.randn(35, 3, generator=torch.Generator().manual_seed(0))
    expected = functional.interpolate(
        table.reshape(1, 5, 7, 3).permute(0, 3, 1, 2),
        size=new,
        mode="bicubic",
        align_corners=False,
    )
    expected = expected.permute(0, 2, 3, 1).reshape(-1, 3).numpy()
    found = interpolated(table.numpy(), (5, 7), new)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@torch.no_grad()
def test_images_of_another_size_are_classified_as_there(tmp_path, report):
    """Hugging Face interpolates at every call, and we do when loading."""
    theirs = LEARNED.theirs()
    theirs.save_pretrained(tmp_path)
    wider = LEARNED.smaller(image_shape=(8, 5, 3))
    model = from_preset(wider.family.preset, **wider.overrides)
    with pytest.raises(ValueError, match="interpolate_positions=True"):
        load_checkpoint(model, tmp_path)
    form = load_checkpoint(model, tmp_path, interpolate_positions=True)
    model = from_preset(wider.family.preset, **wider.overrides, **form)
    load_checkpoint(model, tmp_path, interpolate_positions=True)
    inputs = wider.inputs()
    expected = theirs(
        **wider.family.to_theirs(inputs), interpolate_pos_encoding=True
    ).logits.numpy()
    found = ops.convert_to_numpy(model(inputs["images"]))
    error = relative_error(found, expected)
    report.near("learned, other size", "small", error)
    assert error < TOLERANCE
