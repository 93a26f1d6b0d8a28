"""What an export says of itself: `assets.extra/keras_perceiver.json`."""

import json
import pathlib

from keras_perceiver import files

DESCRIPTION_FILE = "assets.extra/keras_perceiver.json"
# The oldest release whose runtime knows every operation that exports use.
OLDEST_SERVER = "2.16"
_MAX_BYTES = 10_000_000


def file_hashes(path):
    """Returns the SHA-256 of the graph's and the weights' files, by name.

    Args:
        path: of the SavedModel.
    """
    path = pathlib.Path(path)
    return {
        str(file.relative_to(path)): files.sha256(file)
        for file in (path / "saved_model.pb", *sorted(path.glob("variables/*")))
    }


def read_description(path):
    """Returns what an export says of itself.

    Raises:
        ValueError: if it says nothing that can be read.
    """
    file = pathlib.Path(path) / DESCRIPTION_FILE
    if not file.is_file() or file.stat().st_size > _MAX_BYTES:
        raise ValueError(
            f"{path} was not written by this library's export: "
            f"{DESCRIPTION_FILE} is missing."
        )
    try:
        return json.loads(file.read_text())
    except ValueError as error:
        raise ValueError(f"{file} is no JSON: {error}") from error


def find_saved_model(path):
    """Returns `path`, or the highest version in it if it is their folder.

    Raises:
        ValueError: if there is no SavedModel.
    """
    path = pathlib.Path(path)
    versions = [
        file.parent
        for file in path.glob("*/saved_model.pb")
        if file.parent.name.isdigit()
    ]
    found = max(versions, key=lambda version: int(version.name), default=path)
    if not (found / "saved_model.pb").is_file():
        raise ValueError(
            f"{path} is no SavedModel: saved_model.pb is missing. Name a "
            "version folder, such as saved_models/byte_mlm/1, or the folder "
            "of all versions."
        )
    return found
