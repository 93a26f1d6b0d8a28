"""Our models with the reference's weights answer as the reference does.

`--deepmind-fixtures=DIR` reads another folder like `tests/golden`: its
`manifest.json` has the numbers of each model and names a checkpoint in
DeepMind's format and an `.npz` of inputs and outputs. A checkpoint that lies
beside it as `..._flatmapping.pickle` is read too.
"""

import json
import math

import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver.convert import load_checkpoint
from keras_perceiver.convert.describe import describe_checkpoint
from keras_perceiver.convert.restricted_pickle import DEFAULT_MAX_BYTES
from keras_perceiver.convert.sources import read_checkpoint

TOLERANCE = 1e-5

PRESETS = {
    "language": "language_bytes",
    "imagenet_fourier": "imagenet_fourier",
    "imagenet_learned": "imagenet_learned",
    "imagenet_conv": "imagenet_conv",
    "optical_flow": "optical_flow",
    "kinetics_autoencoder": "kinetics_autoencoder",
}
# The manifest's words for our arguments, where they are others.
WORDS = {
    "vocab_size": "vocabulary_size",
    "encoder_and_processor_qk_channels": "qk_channels",
    "encoder_and_processor_v_channels": "v_channels",
    "decoder_heads": "num_decoder_heads",
    "fourier_bands": "num_bands",
    "fourier_max_resolution": "max_resolution",
    "conv1x1_channels": "pixel_projection_dim",
    "patch": "patch_size",
    "audio_samples": "num_audio_samples",
    "video_patch": "video_patch_shape",
    "video_fourier_bands": "video_num_bands",
    "video_fourier_max_resolution": "video_max_resolution",
    "audio_fourier_bands": "audio_num_bands",
    "audio_fourier_max_resolution": "audio_max_resolution",
}
NO_NUMBERS = {"model", "inputs", "outputs", "checkpoint", "arrays"}


def pytest_generate_tests(metafunc):
    """One test for each checkpoint of the folder."""
    if "case" not in metafunc.fixturenames:
        return
    folder = metafunc.config.getoption("--deepmind-fixtures")
    manifest = json.loads((folder / "manifest.json").read_text())
    cases = []
    for numbers in manifest.values():
        named = folder / numbers["checkpoint"]
        beside = named.with_name(f"{named.stem}_flatmapping{named.suffix}")
        cases += [
            pytest.param(numbers, path, folder, id=path.stem)
            for path in (named, beside)
            if path == named or path.exists()
        ]
    metafunc.parametrize(("case", "checkpoint", "folder"), cases)


def overrides_of(case):
    """The arguments of our preset, from the manifest's numbers."""
    numbers = {
        WORDS.get(key, key): tuple(value) if isinstance(value, list) else value
        for key, value in case.items()
        if key not in NO_NUMBERS
    }
    if "num_frames" in numbers:
        shape = (numbers.pop("num_frames"), *numbers.pop("frame_shape"))
        numbers["video_shape"] = shape
    if "frame_shape" in numbers:
        numbers["image_shape"] = numbers.pop("frame_shape")
    if "output_divisor" in numbers:
        # Ours is one factor for both.
        numbers["flow_scale"] /= numbers.pop("output_divisor")
    return numbers


def build(case, checkpoint):
    """The model of a case.

    What a manifest leaves out, such as the number of stem layers or widths
    that are the latents', is told from the shapes of the checkpoint.
    """
    read = read_checkpoint(checkpoint, max_bytes=DEFAULT_MAX_BYTES)
    preset, told = describe_checkpoint(read, PRESETS[case["model"]])
    overrides = overrides_of(case)
    told = {key: told[key] for key in told.keys() - overrides.keys()}
    return from_preset(preset, **told, **overrides)


def answers(model, case, arrays):
    """Our outputs by the names of the reference's."""
    given = {
        name.removeprefix("in/"): array
        for name, array in arrays.items()
        if name.startswith("in/")
    }
    if case["model"] == "language":
        return {
            "logits": model(
                {
                    "token_ids": given["inputs"],
                    "padding_mask": given["input_mask"].astype(bool),
                }
            )
        }
    if case["model"] != "kinetics_autoencoder":
        return {"logits": model(given["images"])}
    batch = len(given["images"])
    outputs = model(
        {
            "video": given["images"],
            "audio": given["audio"][..., 0],
            # Not given, as the reference's masks have it.
            "label": np.full((batch, case["num_classes"]), np.nan, "float32"),
            "video_indices": rows(given["image_points"], batch),
            "audio_indices": rows(given["audio_points"], batch),
        }
    )
    return {
        "image": outputs["video"],
        "audio": np.reshape(outputs["audio"], (batch, -1)),
        "label": outputs["label"],
    }


def rows(indices, batch):
    return np.broadcast_to(indices, (batch, len(indices))).astype("int32")


def tolerance(case):
    """How near two float32 computations can come.

    Positions made by two libraries differ by up to 1.8e-7, which the highest
    frequency, pi times half the resolution, makes a difference of features.
    That of audio runs to thousands of samples; where it is above all else it
    is what is allowed.
    """
    resolutions = case.get("audio_fourier_max_resolution", [0])
    return max(TOLERANCE, 1.8e-7 * math.pi * max(resolutions) / 2)


def test_it_answers_as_the_reference(case, checkpoint, folder):
    model = build(case, checkpoint)
    assert load_checkpoint(model, checkpoint) == {}
    with np.load(folder / case["arrays"]) as stored:
        arrays = dict(stored)
    found = answers(model, case, arrays)
    expected = {
        name.removeprefix("out/"): array
        for name, array in arrays.items()
        if name.startswith("out/")
    }
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert np.shape(found[name]) == array.shape
        difference = np.abs(np.asarray(found[name]) - array).max()
        relative = difference / np.abs(array).max()
        print(f"{checkpoint.name} {name}: {relative:.1e}")
        assert relative < tolerance(case), name


def test_every_kind_of_model_is_a_preset(case, checkpoint, folder):
    assert case["model"] in PRESETS
    assert PRESETS[case["model"]] in presets()
