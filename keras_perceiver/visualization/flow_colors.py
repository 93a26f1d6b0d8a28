"""Optical flow as colours, by the wheel of the Middlebury benchmark.

Hue is the direction of motion and saturation its length; what rests is white.
Core operations of TensorFlow, so that an export draws the very same picture.
"""

import math

import numpy as np
import tensorflow as tf

from keras_perceiver.data.flow import UNKNOWN

# Colours from one corner of the wheel to the next: red, yellow, green, cyan,
# blue, magenta. The eye tells more of them apart where there are more.
_STEPS = (15, 6, 4, 11, 13, 6)
_CORNERS = (
    (255, 0, 0),
    (255, 255, 0),
    (0, 255, 0),
    (0, 255, 255),
    (0, 0, 255),
    (255, 0, 255),
)


def color_wheel():
    """Returns the 55 colours of the wheel, `(55, 3)` from 0 to 255."""
    colours = []
    for corner, steps in enumerate(_STEPS):
        here = np.array(_CORNERS[corner])
        there = np.array(_CORNERS[(corner + 1) % len(_CORNERS)])
        # In whole numbers, as the benchmark has it.
        change = np.sign(there - here)
        colours += [here + change * (255 * i // steps) for i in range(steps)]
    return np.array(colours)


def flow_to_rgb(flow, max_motion=None):
    """Draws flow.

    Args:
        flow: float32 `(H, W, 2)`: motion to the right and down, in pixels.
        max_motion: the length in pixels that is drawn in full colour; longer
            motions are darker. Defaults to the longest in `flow`. Fix it to
            compare pictures.

    Returns:
        uint8 tensor `(H, W, 3)`. What is not known (not finite, or beyond
        1e9 as in .flo files) is black.
    """
    flow = tf.convert_to_tensor(flow, tf.float32)
    # Not a number is not below it either.
    known = tf.reduce_all(tf.abs(flow) < UNKNOWN, axis=-1, keepdims=True)
    flow = tf.where(known, flow, 0.0)
    length = tf.norm(flow, axis=-1, keepdims=True)
    longest = tf.reduce_max(length) if max_motion is None else max_motion
    longest = tf.convert_to_tensor(longest, tf.float32)
    length /= tf.where(longest > 0, longest, 1.0)
    colour = _hue(flow)
    colour = tf.where(length <= 1, 1 - length * (1 - colour), 0.75 * colour)
    return tf.cast(tf.where(known, 255 * colour, 0.0), tf.uint8)


def _hue(flow):
    """The wheel's colour for each direction, `(H, W, 3)` from 0 to 1."""
    colours = color_wheel()
    last = len(colours) - 1
    wheel = tf.constant(colours / 255, tf.float32)
    angle = tf.atan2(-flow[..., 1], -flow[..., 0]) / math.pi
    place = (angle + 1) / 2 * last
    before = tf.clip_by_value(tf.cast(place, tf.int32), 0, last)
    share = (place - tf.cast(before, tf.float32))[..., None]
    after = (before + 1) % (last + 1)
    return (1 - share) * tf.gather(wheel, before) + share * tf.gather(
        wheel, after
    )
