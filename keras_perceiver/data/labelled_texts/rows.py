"""From rows of a table to examples of a task."""

import math

import numpy as np

from keras_perceiver import errors
from keras_perceiver.data.labelled_texts.base import TextExamples

_SHOWN_LETTERS = 40


class ClassNumbers:
    """The numbers of classes, by what stands for them in a file.

    Args:
        values: a string for each class, in the order of the numbers.
    """

    def __init__(self, values):
        values = list(values)
        self._numbers = {
            value.encode(): number for number, value in enumerate(values)
        }
        self.wanted = _some(values)

    def __call__(self, value):
        """Returns the number, or None if there is no such class."""
        return self._numbers.get(value)


class Scores:
    """Numbers as they are.

    Args:
        least: the smallest that is valid.
        most: the largest that is valid.
    """

    def __init__(self, least=-math.inf, most=math.inf):
        self._least, self._most = least, most
        self.wanted = "a finite number"
        if math.isfinite(least) and math.isfinite(most):
            self.wanted = f"a number from {least:g} to {most:g}"

    def __call__(self, value):
        """Returns the number, or None if it is none or is out of range."""
        try:
            score = np.float32(value.decode("ascii"))
        except ValueError:
            return None
        is_valid = np.isfinite(score) and self._least <= score <= self._most
        return float(score) if is_valid else None


def collect(task, rows, target_of, place, left_out):
    """Returns the `TextExamples` of the rows that can be used.

    Args:
        task: a `TextTask`.
        rows: pairs of a row's number and its values, all bytes: a text, the
            second text if the task is of pairs, and a label.
        target_of: a `ClassNumbers` or `Scores`.
        place: what holds the rows, for people.
        left_out: the `LeftOut` that counts the others.
    """
    first, second, targets = [], [], []
    for number, (*texts, label) in rows:
        texts = [text.strip() for text in texts]
        target = target_of(label.strip())
        if not all(texts):
            left_out.add(place, "as a text is empty", number)
        elif target is None:
            left_out.add(
                place,
                f"as their label is not {target_of.wanted}",
                number,
                f"labelled {_shown(label)}",
            )
        else:
            first.append(texts[0])
            second.append(texts[1] if task.is_pair else b"")
            targets.append(target)
    return TextExamples(first, second, np.array(targets, np.float32))


def _shown(label):
    text = errors.printable(label.decode(errors="backslashreplace"))
    return repr(text[:_SHOWN_LETTERS])


def _some(values, most=5):
    if not values:
        return "the name of a class"
    if len(values) > most:
        return f"one of {len(values):,} classes, such as {values[0]!r}"
    return "one of " + ", ".join(map(repr, values))
