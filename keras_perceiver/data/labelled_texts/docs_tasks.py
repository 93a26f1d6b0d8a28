"""Three tasks made up of the documentation in Python's own source files.

The texts are real, what is asked of them is made up: which package a passage
is from, whether its words have been put out of order, and whether two passages
stand next to each other. They need no download, and tell whether a model and
its training work; they tell nothing of GLUE.
"""

import functools
import hashlib
import itertools
import platform

import numpy as np

from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.labelled_texts import passages
from keras_perceiver.data.labelled_texts.base import LabelledTexts
from keras_perceiver.data.labelled_texts.base import LeftOut
from keras_perceiver.data.labelled_texts.base import TaskParts
from keras_perceiver.data.labelled_texts.base import TextExamples
from keras_perceiver.data.labelled_texts.base import TextTask
from keras_perceiver.data.labelled_texts.base import choose

PACKAGE_CLASSES = ("asyncio", "email", "importlib", "unittest")
OTHER_PACKAGES = (
    "concurrent",
    "http",
    "json",
    "logging",
    "multiprocessing",
    "urllib",
    "wsgiref",
    "xml",
)
HELDOUT_SHARE = 0.12
# How many times as often as the rarest class another may be.
_MOST_OF_A_CLASS = 1.5


class DocsTasks(LabelledTexts):
    """Tasks of Python's documentation; a file's passages stay on one side.

    They differ a little between versions of Python.

    Args:
        names: the tasks that are wanted; None for all.
    """

    def __init__(self, names=None):
        tasks = [
            TextTask("package", PACKAGE_CLASSES, False),
            TextTask("scrambled", ("original", "scrambled"), False),
            TextTask("related", ("apart", "adjacent"), True),
        ]
        super().__init__(
            "CPython's documentation strings (tasks made up from them: which "
            "package, words in order or not, adjacent or not)",
            choose(names, tasks, "docs"),
        )

    def read(self, task):
        make = MAKERS[task.name]
        training, heldout = (make(side) for side in sides())
        return TaskParts(training, {"dev": heldout}, LeftOut())

    def record(self):
        return {**super().record(), "python": platform.python_version()}


@functools.cache
def sides():
    """Returns the `Run`s of passages for training, and those held out."""
    found = passages.read(sorted((*PACKAGE_CLASSES, *OTHER_PACKAGES)))
    heldout_files = set().union(
        *(_heldout_files(runs) for runs in _grouped(found, "package").values())
    )
    return tuple(
        [run for run in found if (run.file in heldout_files) == is_heldout]
        for is_heldout in (False, True)
    )


def _heldout_files(runs):
    """Chooses files of a package by the hashes of their names.

    One after the other, but for those with which they would have more than
    their share of the package's passages.
    """
    sizes = {
        file: sum(len(run.passages) for run in inside)
        for file, inside in _grouped(runs, "file").items()
    }
    files = list(sizes)
    left = HELDOUT_SHARE * sum(sizes.values())
    chosen = set()
    for file in (files[place] for place in selection.hash_order(files)):
        if sizes[file] <= left:
            chosen.add(file)
            left -= sizes[file]
    return chosen


def _grouped(runs, attribute):
    groups = {}
    for run in runs:
        groups.setdefault(getattr(run, attribute), []).append(run)
    return groups


def _package(runs):
    """Which package a passage is from."""
    by_class = [
        _by_hash(
            text for run in runs if run.package == name for text in run.passages
        )
        for name in PACKAGE_CLASSES
    ]
    most = int(min(map(len, by_class)) * _MOST_OF_A_CLASS)
    return _examples(
        (text, b"", number)
        for number, texts in enumerate(by_class)
        for text in texts[:most]
    )


def _scrambled(runs):
    """Whether the words of a passage stand in another order than they did."""
    texts = _by_hash(text for run in runs for text in run.passages)
    return _examples(
        (_scramble(text) if number % 2 else text, b"", number % 2)
        for number, text in enumerate(texts)
    )


def _related(runs):
    """Whether a passage stands behind another in the same docstring.

    The second passages of every other pair change places among themselves, so
    that neither passage alone tells the class.
    """
    pairs = {
        b"\n".join(pair): (*pair, run.file)
        for run in runs
        for pair in itertools.pairwise(run.passages)
    }
    ordered = [pairs[key] for key in _by_hash(pairs)]
    moved = ordered[1::2]
    seconds = moved[1:] + moved[:1]
    return _examples(
        [(first, second, 1) for first, second, _ in ordered[::2]]
        + [
            (first, second, 0)
            for (first, _, file), (_, second, other) in zip(
                moved, seconds, strict=True
            )
            if file != other
        ]
    )


def _scramble(text):
    """Puts words in an order of their hashes, another one than their own."""
    words = text.split()
    for attempt in itertools.count():
        order = sorted(
            range(len(words)),
            key=lambda place: _digest(b"%d:%d:%b" % (attempt, place, text)),
        )
        scrambled = b" ".join(words[place] for place in order)
        if scrambled != text:
            return scrambled


def _by_hash(texts):
    return sorted(texts, key=_digest)


def _digest(text):
    return hashlib.sha256(text).digest()


def _examples(rows):
    """Returns `TextExamples` of rows, in an order in which classes mix."""
    rows = sorted(rows, key=lambda row: _digest(row[0] + row[1]))
    first, second, targets = zip(*rows, strict=True)
    return TextExamples(
        list(first), list(second), np.array(targets, np.float32)
    )


# From `Run`s to `TextExamples`, for each task.
MAKERS = {
    "package": _package,
    "scrambled": _scrambled,
    "related": _related,
}
