"""A user's own labelled texts: one table, or one for each part."""

import re

from keras_perceiver.data.labelled_texts.base import LabelledTexts
from keras_perceiver.data.labelled_texts.base import LeftOut
from keras_perceiver.data.labelled_texts.base import TaskParts
from keras_perceiver.data.labelled_texts.base import TextTask
from keras_perceiver.data.labelled_texts.base import choose
from keras_perceiver.data.labelled_texts.own_parts import read_file
from keras_perceiver.data.labelled_texts.own_parts import read_folder
from keras_perceiver.data.labelled_texts.rows import ClassNumbers
from keras_perceiver.data.labelled_texts.rows import Scores
from keras_perceiver.data.labelled_texts.rows import collect

MAXIMUM_CLASSES = 1_000
_MAXIMUM_NAME_BYTES = 100
# More different numbers than that are scores.
_MOST_NUMBERS_AS_CLASSES = 20
_DECIMAL = re.compile(rb"[+-]?\d*\.\d+([eE][+-]?\d+)?|[+-]?\d+\.")
# What stands among scores where there is none.
_NO_SCORES = {b"", b"nan", b"inf", b"-inf"}


class OwnTable(LabelledTexts):
    """One task: of a table, or of one for training and one held out.

    Classes are the labels that are found in training, sorted. If all of these
    are numbers with a decimal point, of which more than 20 are different, the
    task is a regression.

    Args:
        source: the file or folder as the user named it.
        path: the same as a `pathlib.Path`.
        columns: a `Columns`.
        names: the tasks that are wanted: None, or this one.

    Raises:
        ValueError: if there is no such column or task, or a single class.
    """

    def __init__(self, source, path, columns, names=None):
        self._left_out = LeftOut()
        read = read_folder if path.is_dir() else read_file
        self._sides = read(path, columns, self._left_out)
        labels = {
            label.strip()
            for _, (*texts, label) in self._sides[0].rows
            if all(text.strip() for text in texts)
        }
        if _are_scores(labels):
            class_names, self._target_of = (), Scores()
        else:
            class_names = _class_names(source, columns.label, labels)
            self._target_of = ClassNumbers(class_names)
        task = TextTask(
            _task_name(path), class_names, columns.second_text is not None
        )
        tasks = choose(names, [task], source)
        super().__init__(f"{source} (own table)", tasks)

    def read(self, task):
        training, heldout = (
            collect(
                task, side.rows, self._target_of, side.place, self._left_out
            )
            for side in self._sides
        )
        self._sides = ()
        return TaskParts(training, {"dev": heldout}, self._left_out)


def _are_scores(labels):
    numbers = {label for label in labels if label.lower() not in _NO_SCORES}
    return len(numbers) > _MOST_NUMBERS_AS_CLASSES and all(
        map(_DECIMAL.fullmatch, numbers)
    )


def _class_names(source, column, labels):
    """Sorts those labels that can be shown and served as text."""
    if len(labels) > MAXIMUM_CLASSES:
        raise ValueError(
            f"The column {column!r} of {source} has {len(labels):,} different "
            f"labels, and classes are {MAXIMUM_CLASSES:,} at most. Name the "
            "column of labels; scores need a decimal point each."
        )
    names = []
    for label in labels - {b""}:
        text = label.decode(errors="replace")
        is_whole = text.encode() == label
        is_short = len(label) <= _MAXIMUM_NAME_BYTES
        if is_whole and is_short and text.isprintable():
            names.append(text)
    if len(names) < 2:
        found = f"only {names[0]!r}" if names else "no label"
        raise ValueError(
            f"The column {column!r} of {source} has {found} in rows for "
            "training, and classifying takes two or more. Name the column of "
            "labels."
        )
    return tuple(sorted(names))


def _task_name(path):
    """Letters, digits and `_` of a file's name, or of a folder's."""
    stem = path.resolve().stem if path.is_file() else path.resolve().name
    name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    return name or "own"
