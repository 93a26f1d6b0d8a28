"""Reads the tensors of a Hugging Face folder: one file or several."""

import json
import pathlib

# Also makes bfloat16 known to NumPy, and so to safetensors.
import ml_dtypes  # noqa: F401
import safetensors
import safetensors.numpy

from keras_perceiver.convert import local_files
from keras_perceiver.convert.torch_file import read_torch_file

WHOLE_FILES = ("model.safetensors", "pytorch_model.bin")
# Where the weights are cut into several files, this one says what is where.
INDEX_SUFFIX = ".index.json"
_MAX_JSON_BYTES = 10 * 10**6


def read_safetensors(path, *, max_bytes):
    """Reads a safetensors file.

    Args:
        path: the file.
        max_bytes: the largest file that is read.

    Returns:
        A dictionary of NumPy arrays by name.

    Raises:
        ValueError: if it is no such file or larger than `max_bytes`.
        OSError: if it is not there, or is no file.
    """
    local_files.open_regular(path, max_bytes).close()
    try:
        return safetensors.numpy.load_file(path)
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"{path} is no safetensors file ({error}). It may be cut off: "
            "copy it again."
        ) from None
    except (TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} holds tensors of a type that NumPy does not know "
            f"({error}). Wanted: float32, float16 or bfloat16."
        ) from None


def read_json(path):
    """Reads a JSON file that holds one object.

    Raises:
        ValueError: if it holds anything else.
        OSError: if it is not there, or is no file.
    """
    with local_files.open_regular(path, _MAX_JSON_BYTES) as file:
        try:
            content = json.loads(file.read().decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is no JSON ({error}).") from None
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} holds no JSON object. Received: {type(content).__name__}"
        )
    return content


def read_model_files(files, where, *, max_bytes):
    """Reads all tensors of a model from its files.

    Args:
        files: paths by the names that the files have in the model's folder.
        where: the folder or address, for messages.
        max_bytes: the largest size of a file.

    Returns:
        A dictionary of NumPy arrays by name.

    Raises:
        ValueError: if the files are not those of a model, or are broken.
    """
    for name in WHOLE_FILES:
        if name in files:
            return _read(files[name], max_bytes)
    for name in WHOLE_FILES:
        if name + INDEX_SUFFIX in files:
            return _read_shards(files, files[name + INDEX_SUFFIX], max_bytes)
    found = ", ".join(sorted(files)) or "nothing"
    raise ValueError(
        f"{where} holds no weights. Wanted: {' or '.join(WHOLE_FILES)}, or one "
        f"of these with {INDEX_SUFFIX} behind it. Received: {found}"
    )


def _read(path, max_bytes):
    if pathlib.Path(path).name.endswith(".bin"):
        return read_torch_file(path, max_bytes=max_bytes)
    return read_safetensors(path, max_bytes=max_bytes)


def _read_shards(files, index, max_bytes):
    places = read_json(index).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ValueError(f"{index} has no weight_map.")
    tensors = {}
    for name in sorted(set(map(str, places.values()))):
        # `files` has plain names alone, so no index can lead elsewhere.
        if name not in files:
            raise ValueError(
                f"{index} names {name!r}, which is not beside it. Fetch all "
                "files of the model."
            )
        for key, tensor in _read(files[name], max_bytes).items():
            if places.get(key) != name:
                raise ValueError(
                    f"{index} does not say that {name} holds {key}."
                )
            tensors[key] = tensor
    missing = sorted(places.keys() - tensors.keys())
    if missing:
        raise ValueError(
            f"{index} names tensors that no file holds: {', '.join(missing)}"
        )
    return tensors
