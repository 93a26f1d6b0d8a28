"""Folders that hold a model: its preset, its overrides and its weights."""

import json
import pathlib

import numpy as np
import safetensors
import safetensors.numpy

from keras_perceiver import errors
from keras_perceiver import files
from keras_perceiver.models import from_preset

DESCRIPTION_FILE = "model.json"
WEIGHTS_FILE = "model.safetensors"


def save_pretrained(model, folder):
    """Writes a model from `from_preset` to a folder.

    The folder holds `model.json` (preset and overrides) and
    `model.safetensors`, keyed by `weight.path`. Each file is replaced
    atomically.

    Args:
        model: a model that `from_preset` or `load_pretrained` returned.
        folder: where to; it is made if it does not exist.
    """
    if not hasattr(model, "preset_name"):
        raise ValueError(
            f"Model {model.name!r} does not say which preset it is. Only "
            "models from from_preset or load_pretrained can be saved so; for "
            "others use model.save."
        )
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        "preset": model.preset_name,
        "overrides": model.preset_overrides,
    }
    files.write_json(folder / DESCRIPTION_FILE, description)
    files.write_tensors(
        folder / WEIGHTS_FILE,
        {weight.path: weight.numpy() for weight in model.weights},
    )


def load_pretrained(folder):
    """Rebuilds the model of a `save_pretrained` folder, with its views.

    Args:
        folder: the folder.

    Raises:
        FileNotFoundError: if it is no such folder.
        ValueError: if its files do not fit each other.
    """
    folder = pathlib.Path(folder)
    for name in (DESCRIPTION_FILE, WEIGHTS_FILE):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{folder} holds no model: {name} is missing. Wanted: a "
                "folder that save_pretrained wrote, such as a run's `best`."
            )
    description = json.loads((folder / DESCRIPTION_FILE).read_text())
    overrides = {
        # JSON has no tuples, and Keras wants shapes to be tuples.
        key: tuple(value) if isinstance(value, list) else value
        for key, value in description["overrides"].items()
    }
    model = from_preset(description["preset"], **overrides)
    load_weights(model, folder / WEIGHTS_FILE)
    return model


def load_weights(model, path):
    """Sets every weight of a model from a safetensors file, or none.

    Args:
        model: the model.
        path: a file keyed by `weight.path`.

    Raises:
        ValueError: if a weight is missing, unknown, or of another shape; the
            message lists all differences, and the model keeps its weights.
    """
    try:
        tensors = safetensors.numpy.load_file(path)
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"{path} is no safetensors file ({error}). It may be cut off: "
            "copy it again."
        ) from None
    weights = {weight.path: weight for weight in model.weights}
    differences = [
        f"missing in the file: {key}" for key in weights.keys() - tensors.keys()
    ]
    differences += [
        f"unknown to the model: {key}{errors.did_you_mean(key, weights)}"
        for key in tensors.keys() - weights.keys()
    ]
    differences += [
        f"{key}: shape {tensors[key].shape} in the file, "
        f"{tuple(weights[key].shape)} in the model"
        for key in weights.keys() & tensors.keys()
        if tensors[key].shape != tuple(weights[key].shape)
    ]
    if differences:
        listing = "\n  ".join(sorted(differences))
        raise ValueError(f"{path} does not fit {model.name}:\n  {listing}")
    for key, weight in weights.items():
        weight.assign(np.asarray(tensors[key]))
