"""Where labelled texts come from, by the words of a user."""

import pathlib

from keras_perceiver import errors
from keras_perceiver.data.labelled_texts import glue_folder
from keras_perceiver.data.labelled_texts import own_parts
from keras_perceiver.data.labelled_texts.docs_tasks import DocsTasks
from keras_perceiver.data.labelled_texts.glue_tfds import GlueFromTfds
from keras_perceiver.data.labelled_texts.own_parts import Columns
from keras_perceiver.data.labelled_texts.own_table import OwnTable

WANTED = (
    "'docs', a folder of GLUE's files (CoLA/train.tsv and so on), a .csv or "
    ".tsv table, a folder with train.csv and dev.csv, or 'tfds:glue'"
)


def open_texts(source, tasks=None, columns=None):
    """Opens what a user named with `--data`.

    Args:
        source: `docs`, tasks made up of Python's own documentation; a folder
            in GLUE's layout; a `.csv` or `.tsv` file; a folder with one of
            them for training and one held out; `tfds:glue` or
            `tfds:glue/TASK`.
        tasks: the names of those that are wanted; None for all.
        columns: the `Columns` of an own table; None for their defaults.

    Returns:
        A `LabelledTexts`.

    Raises:
        ValueError: if there is nothing to read, or what is there are no
            labelled texts; the message says what was wanted.
    """
    if not source:
        raise ValueError(f"--data is empty. Wanted: {WANTED}.")
    if source == "docs":
        return DocsTasks(tasks)
    if source.startswith("tfds:"):
        return GlueFromTfds(source.removeprefix("tfds:"), tasks)
    path = pathlib.Path(source).expanduser()
    if path.is_dir() and glue_folder.tasks_in(path):
        return glue_folder.GlueFolder(source, path, tasks)
    if path.is_dir() and not own_parts.tables_in(path):
        raise ValueError(
            f"--data {source}: the folder has neither a task of GLUE nor a "
            f"table for training. Wanted: {WANTED}."
        )
    if not path.exists():
        guess = errors.did_you_mean(source, ["docs", "tfds:glue"])
        raise ValueError(
            f"--data {source}: no such file or folder"
            f"{guess if 'Did' in guess else '.'} Wanted: {WANTED}."
        )
    if path.is_file() and path.suffix.lower() not in own_parts.SUFFIXES:
        raise ValueError(
            f"--data {source}: its name ends in neither .csv nor .tsv. "
            f"Wanted: {WANTED}."
        )
    return OwnTable(source, path, columns or Columns(), tasks)
