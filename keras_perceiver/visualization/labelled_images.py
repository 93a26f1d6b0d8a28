"""Images beside what a model takes them for."""

import io
import math

import matplotlib.figure
import numpy as np

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
        is_right = guess == label
        words = (
            _short(guess)
            if is_right
            else f"{_short(guess)}\nnot {_short(label)}"
        )
        place.set_title(words, fontsize=8, color=_RIGHT if is_right else _WRONG)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=100)
    return content.getvalue()


def _short(name, length=18):
    # A dollar sign would begin a formula.
    name = str(name).replace("$", r"\$")
    return name if len(name) <= length else f"{name[: length - 1]}…"
