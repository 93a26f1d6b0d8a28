"""Clips as they look and sound, beside the tags that a model gives them."""

import matplotlib.figure
import numpy as np

from keras_perceiver.visualization import pictures
from keras_perceiver.visualization.spectrograms import decibels

_COLUMNS = 6
_BAR_COLUMNS = 3
_INCHES = (10, 3)
_MAX_LETTERS = 28
# Softer than the loudest by more is drawn as if it were silent.
_DECIBELS = 80
_RIGHT, _WRONG, _UNKNOWN = "tab:green", "tab:red", "tab:blue"


def draw(videos, sounds, sample_rate, answers, truths):
    """Draws frames above a spectrogram, and bars of probabilities beside.

    Args:
        videos: n clips, uint8 `(T, H, W, 3)`.
        sounds: n sounds of the same time, `(num_samples,)` from -1 to 1.
        sample_rate: in Hz.
        answers: for each clip, pairs of a name and a probability, best first.
        truths: for each clip, the names that are true: their bars are green
            and others' red. None where nobody knows.

    Returns:
        The bytes of a PNG.
    """
    width, height = _INCHES
    figure = matplotlib.figure.Figure(
        figsize=(width, height * len(videos)), layout="constrained"
    )
    parts = figure.subfigures(len(videos), squeeze=False)[:, 0]
    for part, video, sound, answer, truth in zip(
        parts, videos, sounds, answers, truths, strict=True
    ):
        if truth is not None:
            part.suptitle(_safe(", ".join(truth) or "no tags", 100), fontsize=9)
        grid = part.add_gridspec(2, _COLUMNS + _BAR_COLUMNS)
        _draw_frames(part, grid, video)
        _draw_sound(part.add_subplot(grid[1, :_COLUMNS]), sound, sample_rate)
        _draw_bars(part.add_subplot(grid[:, _COLUMNS:]), answer, truth)
    return pictures.png(figure)


def _draw_frames(part, grid, video):
    numbers = np.linspace(0, len(video) - 1, _COLUMNS).round().astype(int)
    for column, number in enumerate(numbers):
        place = part.add_subplot(grid[0, column])
        place.set(xticks=[], yticks=[])
        place.imshow(video[number], interpolation="nearest")


def _draw_sound(place, sound, sample_rate):
    levels, seconds, hertz = decibels(sound, sample_rate)
    loudest = float(levels.max())
    loudest = loudest if np.isfinite(loudest) else 0.0
    place.pcolormesh(
        seconds,
        hertz,
        np.maximum(levels, loudest - _DECIBELS),
        shading="nearest",
        vmin=loudest - _DECIBELS,
        vmax=loudest,
        rasterized=True,
    )
    place.set(xlabel="s", ylabel="Hz")


def _draw_bars(place, answer, truth):
    names = [name for name, _ in answer]
    colours = [
        _UNKNOWN if truth is None else _RIGHT if name in truth else _WRONG
        for name in names
    ]
    places = np.arange(len(names))
    place.barh(places, [chance for _, chance in answer], color=colours)
    place.set_yticks(places, [_safe(name) for name in names], fontsize=8)
    place.set_xlim(0, 1)
    place.invert_yaxis()


def _safe(name, longest=_MAX_LETTERS):
    """A name that is no formula, which a dollar sign would begin."""
    name = str(name)
    if len(name) > longest:
        name = f"{name[: longest - 1]}…"
    return name.replace("$", r"\$")
