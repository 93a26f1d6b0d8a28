"""Pictures of optical flow for people, with the wheel that tells colours."""

import matplotlib.figure
import numpy as np
import PIL.Image
import PIL.ImageDraw

from keras_perceiver.visualization import pictures
from keras_perceiver.visualization.flow_colors import flow_to_rgb

# Of the picture's shorter side; smaller wheels cannot be read.
_WHEEL_SHARE = 0.2
_SMALLEST_WHEEL = 24
_MARGIN = 4
_TITLES = ("first frame", "second frame", "true flow", "estimated flow")


def longest_motion(flow):
    """Returns the length of the longest finite vector of flow, in pixels."""
    lengths = np.linalg.norm(np.asarray(flow, "float64"), axis=-1)
    lengths = lengths[np.isfinite(lengths)]
    return float(lengths.max()) if lengths.size else 0.0


def draw_with_wheel(flow, max_motion=None):
    """Draws flow as `flow_to_rgb` does, with the wheel in a corner.

    The wheel stands at the bottom right: from its middle to a point is the
    motion that has this point's colour. Beside it is the length of its radius
    in pixels. Pictures too small for it have none.

    Args:
        flow: float32 `(H, W, 2)`.
        max_motion: as `flow_to_rgb` takes it.

    Returns:
        uint8 array `(H, W, 3)`.
    """
    if max_motion is None:
        max_motion = longest_motion(flow)
    picture = flow_to_rgb(flow, max_motion).numpy()
    height, width = picture.shape[:2]
    side = int(_WHEEL_SHARE * min(height, width))
    if side < _SMALLEST_WHEEL or not max_motion > 0:
        return picture
    disc, is_inside = _wheel(side, max_motion)
    corner = picture[
        height - side - _MARGIN : height - _MARGIN,
        width - side - _MARGIN : width - _MARGIN,
    ]
    corner[is_inside] = disc[is_inside]
    image = PIL.Image.fromarray(picture)
    PIL.ImageDraw.Draw(image).text(
        (width - side - 2 * _MARGIN, height - _MARGIN),
        f"{max_motion:.3g} px",
        fill="black",
        anchor="rb",
    )
    return np.asarray(image)


def _wheel(side, max_motion):
    """The wheel with a black rim `(side, side, 3)`, and where it is."""
    places = (np.arange(side) - (side - 1) / 2) / (side / 2)
    flow = np.stack(np.meshgrid(places, places), axis=-1) * max_motion
    distance = np.linalg.norm(flow, axis=-1) / max_motion
    rim = 1 - 3 / side
    disc = flow_to_rgb((flow / rim).astype("float32"), max_motion).numpy()
    disc[distance > rim] = 0
    return disc, distance <= 1


def draw_sheet(frames, true_flows, estimated_flows):
    """Draws pairs, what is known of their flow, and what was estimated.

    The two flows of a pair are drawn on one scale, the true one's.

    Args:
        frames: n arrays, uint8 `(2, H, W, 3)`.
        true_flows: n arrays `(H, W, 2)`; NaN where it is not known.
        estimated_flows: n arrays `(H, W, 2)`.

    Returns:
        The bytes of a PNG.
    """
    height, width = frames[0].shape[1:3]
    figure = matplotlib.figure.Figure(
        figsize=(8, 2 * len(frames) * height / width + 0.3),
        layout="constrained",
    )
    axes = figure.subplots(len(frames), len(_TITLES), squeeze=False)
    for row, pair, true, estimated in zip(
        axes, frames, true_flows, estimated_flows, strict=True
    ):
        # What rests is drawn white on any scale.
        scale = longest_motion(true) or 1.0
        shown = [
            *pair,
            flow_to_rgb(true, scale).numpy(),
            flow_to_rgb(estimated, scale).numpy(),
        ]
        for place, picture in zip(row, shown, strict=True):
            place.imshow(picture, interpolation="nearest")
            place.set_axis_off()
    for place, title in zip(axes[0], _TITLES, strict=True):
        place.set_title(title, fontsize=8)
    return pictures.png(figure)
