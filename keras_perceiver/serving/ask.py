"""Asks an export on this disk or on a server, as the command line does."""

import json
import pathlib
import re
import urllib.parse
import zipfile

import numpy as np

from keras_perceiver import files
from keras_perceiver.quiet import quiet_start
from keras_perceiver.serving.beside_graph.description import find_saved_model
from keras_perceiver.serving.client.address import split_address
from keras_perceiver.serving.client.client_base import TIMEOUT_SECONDS
from keras_perceiver.serving.client.client_base import Client
from keras_perceiver.serving.client.grpc_client import GrpcClient
from keras_perceiver.serving.client.raw_rows import find_task
from keras_perceiver.serving.client.rest_client import RestClient
from keras_perceiver.serving.client.served_signature import name_of_task
from keras_perceiver.serving.client.served_signature import signature_of
from keras_perceiver.serving.client.server_error import CODES
from keras_perceiver.serving.client.server_error import ServerError
from keras_perceiver.serving.messages.tensor_protos import STRING
from keras_perceiver.serving.runtime.library import TensorFlowError
from keras_perceiver.serving.runtime.saved_model import SavedModel

# Answers that nobody reads as text.
_FILE_ENDINGS = {
    "flow_bytes": ".flo",
    "picture_bytes": ".png",
    "video": ".npy",
    "audio": ".npy",
    "entity_embeddings": ".npy",
    "summary": ".npy",
    "selection_probabilities": ".npy",
}
_VERSION = r"(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_REST_PATH = re.compile(
    r"(?P<before>.*)/v1/models/(?P<model>[^/:]+)" + _VERSION
)
_GRPC_PATH = re.compile(r"/(?P<model>[^/:]+)" + _VERSION)


class OnDisk(Client):
    """Asks an export in this process, by TensorFlow's C library.

    Args:
        path: the SavedModel, or the folder of all its versions, of which
            the highest answers.

    Raises:
        ValueError: if there is none.
    """

    def __init__(self, path):
        super().__init__(timeout=float("inf"), retries=0)
        path = find_saved_model(path)
        with quiet_start():
            try:
                self._model = SavedModel(path)
            except TensorFlowError as error:
                raise ValueError(f"{path} cannot be loaded: {error}") from error

    def close(self):
        """Frees the model."""
        self._model.close()

    def _read_status(self, seconds):
        return {}

    def _read_signatures(self, seconds):
        return {
            name: signature_of(signature)
            for name, signature in self._model.signatures.items()
        }

    def _predict(self, name, specs, arrays, seconds):
        try:
            return self._model.run(name, arrays)
        except TensorFlowError as error:
            raise ServerError(CODES[error.code], str(error)) from error


def ask(
    target,
    requests,
    *,
    task=None,
    to=None,
    pairs=False,
    timeout=TIMEOUT_SECONDS,
    ca_file=None,
):
    """Returns answers to raw requests, as JSON.

    Args:
        target: a SavedModel or the folder of all its versions;
            `http://HOST:8501/v1/models/NAME` or `grpc://HOST:8500/NAME`, with
            `/versions/NUMBER` or `/labels/LABEL` behind it if need be, and
            `https` or `grpcs` where the server has a certificate.
        requests: texts, or the names of image files. A model of two images
            takes them two by two. Where a model takes numbers, the names of
            `.npz` files, each with one row of every input by its name, or
            of `.npy` files with the first input alone.
        task: which task of a model of several; None for the one that its
            export was made with.
        to: the folder for answers that are files or large arrays.
        pairs: whether texts come two by two.
        timeout: seconds that a server has for each request.
        ca_file: certificates to trust instead of the system's, as PEM.

    Raises:
        ValueError: if the target is none, it has no such task, or there is a
            problem with a row.
        OSError: if a file cannot be read, or a server does not answer.
    """
    with open_client(target, timeout, ca_file) as client:
        signatures = client.signatures()
        signature = signatures[name_of_task(signatures, task)]
        kept = sorted(set(signature.outputs) & set(_FILE_ENDINGS))
        _check_folder(to, kept)
        columns = _columns(signature, requests, pairs)
        rows = client.ask(**columns, task=task)
    if kept:
        pathlib.Path(to).mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(rows, start=1):
        for name in kept:
            row[name] = _keep(pathlib.Path(to), number, name, row[name])
    return json.dumps([_as_json(row) for row in rows], indent=2)


def open_client(target, timeout=TIMEOUT_SECONDS, ca_file=None):
    """Returns the client of a target, see `ask`."""
    scheme, colon, _ = str(target).partition("://")
    if not colon:
        if ca_file is not None:
            raise ValueError("A CA file is for servers, and this is a folder.")
        return OnDisk(target)
    parts = split_address(str(target), ("http", "https", "grpc", "grpcs"))
    is_rest = scheme in ("http", "https")
    path = (_REST_PATH if is_rest else _GRPC_PATH).fullmatch(parts.path)
    if path is None:
        wanted = "/v1/models/NAME" if is_rest else "/NAME"
        raise ValueError(
            f"Wanted: {scheme}://{parts.netloc}{wanted}, with "
            "/versions/NUMBER or /labels/LABEL behind it if need be. "
            f"Received: {target}"
        )
    found = {
        name: value and urllib.parse.unquote(value)
        for name, value in path.groupdict().items()
    }
    address = f"{scheme}://{parts.netloc}{found.pop('before', '')}"
    make = RestClient if is_rest else GrpcClient
    return make(address, timeout=timeout, ca_file=ca_file, **found)


def _check_folder(to, kept):
    if kept and to is None:
        raise ValueError(
            f"The answers {', '.join(kept)} are files. Say which folder they "
            "go to: --to FOLDER (in Python to=)."
        )
    if to is not None and not kept:
        raise ValueError(
            "--to is for answers that are files, and this model has none."
        )


def _columns(signature, requests, pairs):
    """The requests as lists of rows, by input."""
    _, inputs = find_task(signature.inputs)
    is_text = all(spec.dtype == STRING for spec in signature.inputs.values())
    names = [name for name in inputs if inputs[name] is None or pairs]
    if pairs and (not is_text or len(inputs) != 2):
        raise ValueError(
            "--pairs is for models that take two texts. This one takes "
            f"{', '.join(inputs)}."
        )
    if is_text:
        if len(requests) % len(names):
            raise ValueError(
                f"Every row is of {' and '.join(names)}. Received: "
                f"{len(requests)} requests"
            )
        return {
            name: list(requests[place :: len(names)])
            for place, name in enumerate(names)
        }
    rows = [_read_arrays(path, names[0]) for path in requests]
    for row, path in zip(rows, requests, strict=True):
        if row.keys() != rows[0].keys():
            raise ValueError(
                f"{path} has {', '.join(row)}, and {requests[0]} has "
                f"{', '.join(rows[0])}. Ask them one after another."
            )
    return {name: [row[name] for row in rows] for name in rows[0]}


def _read_arrays(path, first_input):
    """One row of arrays by input, from a `.npz` or `.npy` file."""
    try:
        with open(path, "rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {first_input: loaded}
            return dict(loaded)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} is no .npy or .npz file of numbers. Write one by "
            "numpy.save, or by numpy.savez with the inputs' names."
        ) from error


def _keep(folder, number, name, value):
    """Writes an answer to a file, and returns its path."""
    ending = _FILE_ENDINGS[name]
    path = folder / f"{number}_{name.removesuffix('_bytes')}{ending}"
    with files.replacing(path) as temporary:
        if ending == ".npy":
            np.save(temporary, value)
        else:
            temporary.write_bytes(value)
    return str(path)


def _as_json(value):
    if isinstance(value, dict):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.decode(errors="replace") if isinstance(value, bytes) else value
