"""Where recipes keep the records that `prepare` makes, unless they are told."""

import hashlib
import pathlib

from keras_perceiver.data import record_folder

RECORDS = pathlib.Path("runs") / "records"


def name_of(source):
    """Returns a name for the records of a file or a folder."""
    path = pathlib.Path(source).expanduser().absolute()
    digest = hashlib.sha256(bytes(path)).hexdigest()[:8]
    return f"{path.stem}-{digest}"


def is_prepared(folder):
    """Whether records are there, and whole."""
    return (folder / record_folder.SUMMARY).is_file()


def not_prepared(folder, source, recipe_name):
    """Returns a `ValueError` that says how to make records."""
    return ValueError(
        f"{folder} has no records of {source}. Make them first, with the same "
        f"settings: python -m recipes {recipe_name} prepare --data {source}"
    )
