"""Videos beside what a model makes of them."""

import matplotlib.figure
import numpy as np

from keras_perceiver.visualization import labelled_images
from keras_perceiver.visualization import pictures

# Smaller videos are hard to see.
_HEIGHT = 256
_GAP = 4
_WHITE = 255
_COLUMNS = 8
_INCHES = 1.2
_MAX_LETTERS = 50
# The title of a clip, and what lies between its rows.
_INCHES_BETWEEN = 0.5


def side_by_side(originals, reconstructions):
    """Puts each original frame to the left of its reconstruction.

    Small frames are enlarged by the whole number that brings their height
    nearest to 256; each pixel becomes a square.

    Args:
        originals: uint8 `(T, H, W, 3)`.
        reconstructions: of the same form.

    Returns:
        uint8 `(T, k H, 2 k W + 4, 3)`; between both is a white line.
    """
    factor = max(1, round(_HEIGHT / originals.shape[1]))
    left, right = (
        frames.repeat(factor, axis=1).repeat(factor, axis=2)
        for frames in (originals, reconstructions)
    )
    line = np.full((*left.shape[:2], _GAP, 3), _WHITE, np.uint8)
    return np.concatenate([left, line, right], axis=2)


def contact_sheet(originals, reconstructions, predicted, labels):
    """Draws frames of clips, evenly spaced, above their reconstructions.

    Args:
        originals: uint8 `(n, T, H, W, 3)`.
        reconstructions: of the same form.
        predicted: n names, of the likeliest classes.
        labels: n names, of the true ones; right answers get green titles and
            wrong ones red.

    Returns:
        The bytes of a PNG.
    """
    length, height, width = originals.shape[1:4]
    columns = min(_COLUMNS, length)
    numbers = np.linspace(0, length - 1, columns).round().astype(int)
    frame_height = _INCHES * height / width
    figure = matplotlib.figure.Figure(
        figsize=(
            _INCHES * columns,
            len(originals) * (2 * frame_height + _INCHES_BETWEEN),
        ),
        layout="constrained",
    )
    parts = figure.subfigures(len(originals), squeeze=False)[:, 0]
    for part, original, reconstruction, guess, label in zip(
        parts, originals, reconstructions, predicted, labels, strict=True
    ):
        words, colour = labelled_images.verdict(guess, label, _MAX_LETTERS)
        part.suptitle(words.replace("\n", ", "), fontsize=8, color=colour)
        rows = part.subplots(2, columns, squeeze=False)
        rows[0, 0].set_ylabel("original", fontsize=8)
        rows[1, 0].set_ylabel("ours", fontsize=8)
        for row, frames in zip(rows, (original, reconstruction), strict=True):
            for place, number in zip(row, numbers, strict=True):
                place.set(xticks=[], yticks=[])
                place.imshow(frames[number], interpolation="nearest")
    return pictures.png(figure)
