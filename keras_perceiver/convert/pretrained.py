"""Folders that hold a model: its preset, its overrides and its weights."""

import pathlib

import numpy as np

from keras_perceiver import files
from keras_perceiver.convert import adapters
from keras_perceiver.convert import matching
from keras_perceiver.convert import position_tables
from keras_perceiver.convert import tensor_files
from keras_perceiver.convert.naming import Source
from keras_perceiver.convert.naming import as_it_is
from keras_perceiver.convert.plain_values import plain
from keras_perceiver.convert.plain_values import with_tuples
from keras_perceiver.models.presets import find_preset
from keras_perceiver.models.presets import from_preset

DESCRIPTION_FILE = "model.json"
WEIGHTS_FILE = "model.safetensors"
# These are the user's own files, of any size.
_MAX_BYTES = 10**15


def save_pretrained(model, folder, preprocessing=None):
    """Writes a model from `from_preset` to a folder.

    The folder holds `model.json` (preset and overrides) and
    `model.safetensors`, keyed by `weight.path`. Each file is replaced
    atomically, and both or none are written if something cannot be kept.

    Layers that Keras quantised ("int8", "int4", "float8") are kept as they
    are. So are the factors of layers with LoRA, beside the kernels that they
    are added to and not merged into them: the loaded model answers the same
    and can be trained on.

    Args:
        model: a model that `from_preset` or `load_pretrained` returned.
        folder: where to; it is made if it does not exist.
        preprocessing: what else is needed to use the model, such as the
            names of classes: a dictionary that JSON can hold. Defaults to
            what `load_pretrained` found, if it made this model.

    Raises:
        ValueError: if the model is of no preset, or an override cannot be
            written down.
    """
    write_contents(folder, *contents_of(model, preprocessing))


def contents_of(model, preprocessing=None):
    """Returns a copy of what `save_pretrained` writes, for `write_contents`.

    Args:
        model: as `save_pretrained` takes it.
        preprocessing: as `save_pretrained` takes it.

    Returns:
        The description, ready for JSON, and numpy arrays by name.

    Raises:
        ValueError: as `save_pretrained` does.
    """
    if not hasattr(model, "preset_name"):
        raise ValueError(
            f"Model {model.name!r} does not say which preset it is. Only "
            "models from from_preset or load_pretrained can be saved so; for "
            "others use model.save."
        )
    if preprocessing is None:
        preprocessing = getattr(model, "preprocessing", None)
    description = _description(model, preprocessing)
    tensors = {
        # Scalars too have to be arrays.
        weight.path: np.asarray(weight.numpy())
        for weight in model.weights
    }
    return description, tensors


def write_contents(folder, description, tensors):
    """Writes to a folder what `contents_of` returned."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files.write_json(folder / DESCRIPTION_FILE, description)
    files.write_tensors(folder / WEIGHTS_FILE, tensors)


def _description(model, preprocessing):
    overrides = {
        key: plain(value, f"The override {key}")
        for key, value in model.preset_overrides.items()
    }
    takes_dtype = "dtype" in find_preset(model.preset_name).arguments
    if takes_dtype and overrides.get("dtype") is None:
        # What was set globally when the model was built.
        overrides["dtype"] = plain(model.dtype_policy, "The dtype policy")
    description = {"preset": model.preset_name, "overrides": overrides}
    changes = adapters.describe(model)
    if changes:
        description["layers"] = changes
    if preprocessing is not None:
        if not isinstance(preprocessing, dict):
            raise ValueError(
                "preprocessing has to be a dictionary. Received: "
                f"preprocessing={preprocessing!r}"
            )
        description["preprocessing"] = plain(preprocessing, "preprocessing")
    return description


def load_pretrained(folder, *, interpolate_positions=False, **overrides):
    """Rebuilds the model of a `save_pretrained` folder, with its views.

    Args:
        folder: the folder.
        interpolate_positions: whether learned positions of another length
            are interpolated: of tokens linearly, of images bicubically.
        **overrides: overrides of the preset that replace those of the
            folder, such as `image_shape=(320, 320, 3)`.

    Returns:
        The model. Its attribute `preprocessing` is what `save_pretrained`
        was given, or None.

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
    path = folder / DESCRIPTION_FILE
    description = _read_description(path)
    stored = with_tuples(description["overrides"])
    try:
        model = from_preset(description["preset"], **{**stored, **overrides})
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"The model of {path} cannot be built: {error}"
        ) from error
    adapters.apply(model, description.get("layers", {}), path)
    set_preprocessing(model, description.get("preprocessing"))
    tables = position_tables.PositionTables(
        position_tables.grids_of(model),
        interpolate_positions,
        _old_grids(description["preset"], stored),
    )
    path = folder / WEIGHTS_FILE
    tensors = tensor_files.read_safetensors(path, max_bytes=_MAX_BYTES)
    _assign(model, tensors, path, tables)
    return model


def read_preprocessing(folder):
    """Returns what lies beside the weights of a `save_pretrained` folder.

    Args:
        folder: the folder.

    Returns:
        A dictionary, or None where it was given none.

    Raises:
        OSError: if it is no such folder.
        ValueError: if its description cannot be read.
    """
    path = pathlib.Path(folder) / DESCRIPTION_FILE
    return _read_description(path).get("preprocessing")


def _read_description(path):
    description = tensor_files.read_json(path)
    for key, kind in {"preset": str, "overrides": dict}.items():
        if not isinstance(description.get(key), kind):
            raise ValueError(
                f"{path} has no {key!r} that is a {kind.__name__}. Wanted: a "
                "file that save_pretrained wrote. Received: "
                f"{key}={description.get(key)!r}"
            )
    for key in ("layers", "preprocessing"):
        if not isinstance(description.get(key, {}), dict):
            raise ValueError(
                f"{path} has {key!r} that is no dictionary. Received: "
                f"{key}={description[key]!r}"
            )
    return description


def _old_grids(preset, overrides):
    """The grid of image positions that the folder's model had."""
    settings = {**find_preset(preset).arguments, **overrides}
    shape = settings.get("image_shape")
    return {"input_positions/array": tuple(shape[:2])} if shape else {}


def set_preprocessing(model, preprocessing):
    """Gives a model what `save_pretrained` is to keep beside its weights.

    Args:
        model: the model, which has it as its attribute `preprocessing`.
        preprocessing: a dictionary that JSON can hold, or None.
    """
    # Past Keras's tracking, which would wrap it.
    object.__setattr__(model, "preprocessing", preprocessing)


def load_weights(model, path):
    """Sets every weight of a model from a safetensors file, or none.

    Args:
        model: the model.
        path: a file keyed by `weight.path`.

    Raises:
        ValueError: if a weight is missing, unknown, or of another shape; the
            message lists all differences, and the model keeps its weights.
    """
    tensors = tensor_files.read_safetensors(path, max_bytes=_MAX_BYTES)
    _assign(model, tensors, path, tables=None)


def _assign(model, tensors, path, tables):
    sources = {
        weight.path: Source(weight.path, as_it_is) for weight in model.weights
    }
    values = matching.match(model, sources, tensors, path, tables=tables)
    matching.assign(model, values)
