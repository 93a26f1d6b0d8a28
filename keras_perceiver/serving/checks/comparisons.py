"""Whether two answers are the same, but for rounding."""

import io

import numpy as np
import PIL.Image

# The numbers of the same graph on the same machine; another processor may
# round differently, and so does a batch of another size.
TOLERANCE = 1e-4
# Of numbers with eight significant bits, twice the rounding of one.
HALF_PRECISION_TOLERANCE = 2**-7
# Mean difference of pixels from 0 to 255: rounding, and a few that stand
# where a colour jumps.
PIXEL_TOLERANCE = 0.5
LONGEST_SHOWN = 2000
# The head of a .flo file: a tag, width and height.
_FLO_HEAD = 12
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def compare(name, came, wanted, tolerance=TOLERANCE):
    """Compares two arrays of an output.

    Numbers may differ by rounding, and so may the numbers in strings that
    are `.flo` or PNG files.

    Args:
        name: of the output, for the message.
        came: an array.
        wanted: an array.
        tolerance: the largest difference, over the largest wanted number.

    Raises:
        ValueError: if they differ.
    """
    came, wanted = np.asarray(came), np.asarray(wanted)
    if came.shape != wanted.shape or not _are_equal(came, wanted, tolerance):
        raise ValueError(
            f"Output {name!r} differs. Received: {_shown(came)}, "
            f"wanted: {_shown(wanted)}"
        )


def compare_fingerprints(name, came, wanted, tolerance=TOLERANCE):
    """Compares what `examples.fingerprint` tells of an output.

    Args:
        name: of the output, for the message.
        came: its fingerprint.
        wanted: what it should be.
        tolerance: the largest difference, over the deviation.

    Raises:
        ValueError: if they differ.
    """
    for key, value in wanted.items():
        # Not the other way round: nan is near nothing.
        if not abs(came[key] - value) <= tolerance * wanted["deviation"]:
            raise ValueError(
                f"Output {name!r} differs. Received: {came}, wanted: {wanted}"
            )


def _are_equal(came, wanted, tolerance):
    if came.dtype.kind == "f":
        return _are_near(came, wanted, tolerance)
    if came.dtype == np.uint8:
        return _are_like(came, wanted)
    if came.dtype == object:
        pairs = zip(came.ravel(), wanted.ravel(), strict=True)
        return all(_say_the_same(*pair, tolerance) for pair in pairs)
    return np.array_equal(came, wanted)


def _are_near(came, wanted, tolerance):
    difference = np.max(np.abs(came - wanted), initial=0.0)
    return difference <= tolerance * np.max(np.abs(wanted), initial=0.0)


def _are_like(came, wanted):
    """Whether pixels differ by rounding alone, on the whole."""
    difference = came.astype("float32") - wanted.astype("float32")
    return not difference.size or np.abs(difference).mean() <= PIXEL_TOLERANCE


def _say_the_same(came, wanted, tolerance):
    """Whether two strings are equal, or files of nearly equal numbers."""
    if came == wanted:
        return True
    if came[:_FLO_HEAD] == wanted[:_FLO_HEAD] and wanted[:4] == b"PIEH":
        return len(came) == len(wanted) and _are_near(
            *(
                np.frombuffer(content[_FLO_HEAD:], "<f4")
                for content in (came, wanted)
            ),
            tolerance,
        )
    if came[:8] == wanted[:8] == _PNG_HEAD:
        came, wanted = (
            np.asarray(PIL.Image.open(io.BytesIO(content)))
            for content in (came, wanted)
        )
        return came.shape == wanted.shape and _are_like(came, wanted)
    return False


def _shown(array):
    """An array for a message, if need be without its middle."""
    text = f"{array.tolist()}"
    half = LONGEST_SHOWN // 2
    if len(text) <= LONGEST_SHOWN:
        return text
    return f"{text[:half]} ... {text[-half:]}"
