"""Points as tables: text of any common form, or an array of numpy."""

import numpy as np

from keras_perceiver.data.point_clouds import number_rows
from keras_perceiver.data.point_clouds.limits import ShapeError

_SEPARATORS = bytes.maketrans(b",;\t", b"   ")


def read_text(content, limits):
    """Returns the points of lines of numbers.

    Args:
        content: bytes: x, y and z in front on each line, between white space,
            commas or semicolons. A first line may have the columns' names, or
            the number of points; what follows `#` or `//` is a comment.
        limits: `Limits`.

    Returns:
        float64 `(n, 3)`.

    Raises:
        ShapeError: if it is something else.
    """
    lines = content.translate(_SEPARATORS).splitlines()
    lines = [_without_comment(line) for line in lines]
    lines = [line for line in lines if line.strip()]
    if lines and _is_head(lines[0]):
        lines = lines[1:]
    limits.check_rows(len(lines), "points")
    return _coordinates(number_rows.parse(lines, "point", first=1))


def read_npy(path, limits):
    """Returns the points of a .npy file, as `read_text` does.

    Args:
        path: of an array `(n, 3)` of numbers, or with more columns behind.
        limits: `Limits`.
    """
    try:
        # Mapped, so that a head that lies about its size takes no memory.
        points = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise ShapeError(f"is no array of numbers: {error}.") from None
    if not isinstance(points, np.ndarray) or points.dtype.kind not in "fiu":
        kind = getattr(points, "dtype", "several arrays")
        raise ShapeError(f"holds {kind}. Wanted: numbers.")
    if points.ndim != 2:
        raise ShapeError(f"has the shape {points.shape}. Wanted: (n, 3).")
    limits.check_rows(len(points), "points")
    return _coordinates(points)


def _coordinates(rows):
    if len(rows) and rows.shape[1] < 3:
        raise ShapeError(
            f"has {rows.shape[1]} columns. Wanted: x, y and z, in front."
        )
    return np.asarray(rows[:, :3], np.float64).reshape(-1, 3)


def _without_comment(line):
    for mark in (b"#", b"//"):
        line = line.partition(mark)[0]
    return line


def _is_head(line):
    """Whether a line has names of columns, or a count alone."""
    words = line.split()
    return (
        words[0].isdigit()
        if len(words) == 1
        else not any(map(_is_number, words))
    )


def _is_number(word):
    try:
        float(word)
    except ValueError:
        return False
    return True
