"""Clouds of points, coloured by how much a model attends to each."""

import math

import matplotlib.figure
import numpy as np

from keras_perceiver.visualization import pictures

_COLUMNS = 4
_COLOURS = "viridis"
# How far the looker stands to the side, and above.
_SIDE, _ABOVE = np.deg2rad([35, 20])
# Colours go by the logarithm, since few points have nearly all attention; the
# darkest and the brightest of a cloud are these quantiles.
_ENDS = (0.05, 0.99)
_LEAST_SHARE = 1e-6


def draw(clouds, weights, titles, colours=None):
    """Draws clouds seen from the side, the third coordinate upwards.

    Args:
        clouds: n arrays `(M, 3)`, around 0 in [-1, 1].
        weights: n arrays `(M,)`, such as attention, not negative; dark is
            the least of a cloud, yellow the most.
        titles: n texts.
        colours: of these; None for black.

    Returns:
        The bytes of a PNG.
    """
    columns = min(_COLUMNS, len(clouds))
    rows = math.ceil(len(clouds) / columns)
    figure = matplotlib.figure.Figure(
        figsize=(2.0 * columns, 2.2 * rows), layout="constrained"
    )
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for place in axes:
        place.set_axis_off()
    colours = colours or ["black"] * len(clouds)
    for place, cloud, shares, title, colour in zip(
        axes, clouds, weights, titles, colours, strict=False
    ):
        _draw_cloud(place, np.asarray(cloud), np.asarray(shares))
        place.set_title(title, fontsize=9, color=colour)
    return pictures.png(figure)


def seen_from_the_side(cloud):
    """Returns where points are in the picture, and which are far away.

    Args:
        cloud: `(M, 3)`.

    Returns:
        `(M, 2)`, rightwards and upwards, and `(M,)`, larger further away.
    """
    x, y, z = np.asarray(cloud, np.float64).T
    right = np.cos(_SIDE) * x + np.sin(_SIDE) * y
    away = np.cos(_SIDE) * y - np.sin(_SIDE) * x
    up = np.cos(_ABOVE) * z + np.sin(_ABOVE) * away
    away = np.cos(_ABOVE) * away - np.sin(_ABOVE) * z
    return np.stack([right, up], axis=1), away


def _draw_cloud(place, cloud, weights):
    positions, away = seen_from_the_side(cloud)
    # The nearest last, since they hide the others.
    order = np.argsort(-away)
    shares = np.log(np.maximum(weights / weights.max(), _LEAST_SHARE))
    low, high = np.quantile(shares, _ENDS)
    place.scatter(
        *positions[order].T,
        c=shares[order],
        s=max(1.0, 2_500 / len(cloud)),
        vmin=low,
        # Where all are alike, all are dark.
        vmax=high if high > low else low + 1,
        cmap=_COLOURS,
        linewidths=0,
    )
    reach = 1.05 * max(np.abs(positions).max(), 1e-6)
    place.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
