"""Rows of numbers in text, such as vertices, read in one go."""

import warnings

import numpy as np

from keras_perceiver.data.point_clouds.limits import ShapeError


def parse(lines, what, first=0):
    """Returns the numbers of lines that have equally many.

    Args:
        lines: list of bytes, numbers between white space.
        what: what a line is called in messages, such as `"vertex"`.
        first: the number of the first, for messages.

    Returns:
        float64 `(len(lines), columns)`.

    Raises:
        ShapeError: if a line has other words, or another number of them.
    """
    if not lines:
        return np.zeros((0, 0))
    numbers = _numbers(b" ".join(lines))
    columns = len(lines[0].split())
    # A short line and a long one would make up for each other.
    if numbers is not None and numbers.size == columns * len(lines):
        counts = np.fromiter(map(_num_words, lines), np.int64, len(lines))
        if (counts == columns).all():
            return numbers.reshape(len(lines), columns)
    for number, line in enumerate(lines, start=first):
        found = _numbers(line)
        if found is None or len(found) != columns:
            raise ShapeError(
                f"has {_shown(line)} for {what} {number:,}. Wanted: {columns} "
                "numbers, as in the first."
            )
    raise ShapeError(f"has a {what} that is no row of numbers.")


def _num_words(line):
    return len(line.split())


def _numbers(text):
    """The numbers in a text; None if something else is there."""
    with warnings.catch_warnings():
        # What it warns of is text behind the last number.
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, np.float64, sep=" ")
        except (DeprecationWarning, ValueError):
            return None


def _shown(line, most=40):
    text = line[:most].decode("ascii", "backslashreplace")
    return repr(text + ("..." if len(line) > most else ""))
