"""Images beside what a model takes them for."""

import math

import matplotlib.figure
import numpy as np

from keras_perceiver.visualization import pictures

_COLUMNS = 8
_RIGHT, _WRONG = "tab:green", "tab:red"


def draw(pixels, predicted, labels):
    """Draws a contact sheet: right answers in green, wrong ones in red.

    Args:
        pixels: `(n, H, W, 3)` from 0 to 255; values beyond are cut off.
        predicted: n names, of the likeliest classes.
        labels: n names, of the true ones.

    Returns:
        The bytes of a PNG.
    """
    rows = math.ceil(len(pixels) / _COLUMNS)
    figure = matplotlib.figure.Figure(
        figsize=(1.4 * _COLUMNS, 1.7 * rows), layout="constrained"
    )
    axes = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    for place in axes:
        place.set_axis_off()
    for place, image, guess, label in zip(
        axes, pixels, predicted, labels, strict=False
    ):
        place.imshow(np.clip(image, 0, 255).astype("uint8"))
        words, colour = verdict(guess, label)
        place.set_title(words, fontsize=8, color=colour)
    return pictures.png(figure)


def verdict(predicted, label, max_letters=18):
    """Returns words on an answer, and green if it is right, red if wrong.

    Args:
        predicted: the name of the likeliest class.
        label: that of the true one.
        max_letters: longer names are shortened.
    """
    guess = _short(predicted, max_letters)
    if predicted == label:
        return guess, _RIGHT
    return f"{guess}\nnot {_short(label, max_letters)}", _WRONG


def _short(name, length):
    # A dollar sign would begin a formula.
    name = str(name).replace("$", r"\$")
    return name if len(name) <= length else f"{name[: length - 1]}…"
