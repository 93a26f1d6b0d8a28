"""Where a model looks: attention scores over an image and over a text."""

import math
import warnings

import matplotlib.figure
import numpy as np

from keras_perceiver import errors
from keras_perceiver.visualization import pictures

_COLUMNS = 4
_MOST_LATENTS = 6
_LETTERS_IN_LINE = 64
# Shown for what has no form of its own.
_FORMLESS = "\N{MIDDLE DOT}"
_HEAT = "inferno"
_MARKER = "Oranges"


def through_latents(encoder_scores, decoder_scores):
    """Follows what outputs read in the latents back to the inputs.

    The self-attention between encoder and decoder is left out, so that this
    is what an output could have seen, and not all that it used.

    Args:
        encoder_scores: `(H, N, M)`, of the encoder's cross-attention.
        decoder_scores: `(H', O, N)`, of the decoder's.

    Returns:
        float64 `(O, M)`: means over heads, whose rows sum to 1.
    """
    encoder, decoder = (
        np.asarray(scores, "float64").mean(axis=0)
        for scores in (encoder_scores, decoder_scores)
    )
    return decoder @ encoder


def draw_over_image(pixels, scores, read=None, title="the image"):
    """Draws where latents look in an image, and where the answer does.

    Brighter is more. Each panel has its own scale: its title says how many
    times the even share, 1/M, its brightest place has.

    Args:
        pixels: `(H, W, 3)` from 0 to 255; values beyond are cut off.
        scores: `(heads, N, M)` of one image, of an encoder's cross-attention
            to M places in rows: pixels, or a grid of patches.
        read: `(M,)`, what the answer reads, as a row of `through_latents`;
            None draws the mean of all latents in its place.
        title: of the image.

    Returns:
        The bytes of a PNG: the image, `read`, and the latents that look
        most sharply, at most 6.

    Raises:
        ValueError: if the places make no grid of the image's form.
    """
    pixels = np.clip(pixels, 0, 255).astype("uint8")
    latents = np.asarray(scores, "float64").mean(axis=0)
    grid = _grid(pixels.shape[:2], latents.shape[1])
    name = "all latents" if read is None else "the answer"
    panels = [(name, latents.mean(axis=0) if read is None else read)]
    panels += [
        (f"latent {number}", latents[number])
        for number in _sharpest(latents, _MOST_LATENTS)
    ]
    figure, places = _panels(1 + len(panels), pixels.shape)
    places[0].imshow(pixels, interpolation="nearest")
    places[0].set_title(_plain(title), fontsize=8)
    for place, (name, weights) in zip(places[1:], panels, strict=False):
        _draw_heat(place, pixels, np.reshape(weights, grid))
        times = np.max(weights) * np.size(weights)
        place.set_title(f"{name}, up to {times:.1f} x even", fontsize=8)
    return pictures.png(figure)


def draw_over_text(tokens, scores, titles):
    """Draws texts with the letters marked that are looked at.

    All rows have one scale, from white for nothing to dark for the highest
    score.

    Args:
        tokens: M texts, such as the bytes or pieces of a text as `str`; the
            letters of one are marked alike.
        scores: `(Q, M)`, such as what `through_latents` returns for the
            outputs that matter.
        titles: Q names.

    Returns:
        The bytes of a PNG.

    Raises:
        ValueError: if the numbers of tokens, scores and titles differ.
    """
    scores = np.asarray(scores, "float64")
    if scores.shape != (len(titles), len(tokens)):
        raise ValueError(
            "scores have a row for each title and a column for each token, "
            f"({len(titles)}, {len(tokens)}). Received: shape {scores.shape}"
        )
    letters = [list(map(_letter, token)) or [_FORMLESS] for token in tokens]
    text = [letter for token in letters for letter in token]
    counts = list(map(len, letters))
    lines = math.ceil(len(text) / _LETTERS_IN_LINE)
    figure = matplotlib.figure.Figure(
        figsize=(9, len(titles) * (0.3 * lines + 0.4)), layout="constrained"
    )
    axes = figure.subplots(len(titles), 1, squeeze=False)[:, 0]
    highest = scores.max() or 1.0
    for place, row, title in zip(axes, scores, titles, strict=True):
        _draw_letters(place, text, np.repeat(row, counts) / highest)
        place.set_title(_plain(title), fontsize=9, loc="left")
    with warnings.catch_warnings():
        # What the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", "Glyph")
        return pictures.png(figure)


def _grid(size, count):
    """Rows and columns of so many places that cover an image evenly."""
    height, width = size
    side = math.sqrt(height * width / count)
    rows, columns = round(height / side), round(width / side)
    if rows * columns != count:
        raise ValueError(
            f"{count} places are no grid over an image of {height} x {width}. "
            "Wanted: scores of its pixels, or of square patches of it, in rows."
        )
    return rows, columns


def _sharpest(latents, count):
    """Numbers of the latents that look at the fewest places, in order."""
    logs = np.log(np.where(latents > 0, latents, 1.0))
    entropy = -(latents * logs).sum(axis=1)
    return sorted(np.argsort(entropy, kind="stable")[:count])


def _panels(count, shape):
    rows = math.ceil(count / _COLUMNS)
    figure = matplotlib.figure.Figure(
        figsize=(2.2 * _COLUMNS, (2.2 * shape[0] / shape[1] + 0.3) * rows),
        layout="constrained",
    )
    places = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    for place in places:
        place.set_axis_off()
    return figure, places


def _draw_heat(place, pixels, weights):
    height, width = pixels.shape[:2]
    extent = (0, width, height, 0)
    grey = pixels.mean(axis=-1)
    place.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=extent)
    place.imshow(
        weights,
        cmap=_HEAT,
        vmin=0,
        vmax=np.max(weights) or 1.0,
        alpha=0.65,
        extent=extent,
        interpolation="nearest",
    )


def _letter(letter):
    letter = errors.printable(letter)
    # What is escaped would take more than one place.
    return letter if len(letter) == 1 else _FORMLESS


def _draw_letters(place, text, weights):
    lines = math.ceil(len(text) / _LETTERS_IN_LINE)
    cells = np.zeros(lines * _LETTERS_IN_LINE)
    cells[: len(weights)] = weights
    place.imshow(
        cells.reshape(lines, _LETTERS_IN_LINE),
        cmap=_MARKER,
        vmin=0,
        vmax=1,
        aspect="auto",
    )
    place.set_axis_off()
    for number, letter in enumerate(text):
        line, column = divmod(number, _LETTERS_IN_LINE)
        place.text(
            column,
            line,
            _plain(letter),
            ha="center",
            va="center",
            fontsize=8,
            family="monospace",
        )


def _plain(text):
    # A dollar sign would begin a formula.
    return str(text).replace("$", r"\$")
