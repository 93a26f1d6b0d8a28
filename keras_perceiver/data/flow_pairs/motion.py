"""How a layer of a scene moves: a homography behind a smooth warp.

A point `x` of a layer moves to `H(x + t d(x))` at time `t`, where `H` is the
identity at time 0 and a homography at time 1, and `d` a sum of two long waves.
Known in closed form, so that flow is exact; backwards it is iterated.
"""

import dataclasses
import math

import tensorflow as tf

NUM_WAVES = 2
# Of a wave, in sides of the frame.
SHORTEST_WAVE, LONGEST_WAVE = 0.75, 1.5
# How much nearer an iteration comes at least, and how many there are: what is
# left of a warp of one pixel is then below a thousandth of it.
STEEPEST_WARP = 0.4
_ITERATIONS = 8
# Numbers from 0 to 1 that a layer's motion is drawn by.
NUM_DRAWS = 8 + 5 * NUM_WAVES


@dataclasses.dataclass(frozen=True, eq=False)
class Motion:
    """Motions of layers `(...)`, in pixels from the middle of the frame.

    Attributes:
        homography: float32 `(..., 3, 3)` at time 1, its last entry 1.
        waves: float32 `(..., NUM_WAVES, 5)`: of each wave its amplitude to
            the right and down, its frequency in radians a pixel to the right
            and down, and its phase.

    Methods take points `(..., n)` as `x` and `y`, and a `time` that is a
    number or float32 `(..., 1)`.
    """

    homography: tf.Tensor
    waves: tf.Tensor

    def forward(self, x, y, time):
        """Where points that are at `x`, `y` at time 0 are then."""
        right, down = self._warp(x, y)
        matrix = self._homography_at(time)
        return _project(matrix, x + time * right, y + time * down)

    def backward(self, x, y, time):
        """Where points that are at `x`, `y` then were at time 0."""
        matrix = tf.linalg.inv(self._homography_at(time))
        goal_x, goal_y = _project(matrix, x, y)
        x, y = goal_x, goal_y
        for _ in range(_ITERATIONS):
            right, down = self._warp(x, y)
            x, y = goal_x - time * right, goal_y - time * down
        return x, y

    def _homography_at(self, time):
        rest = tf.eye(3)
        time = tf.convert_to_tensor(time, tf.float32)[..., None]
        return rest + time * (self.homography - rest)

    def _warp(self, x, y):
        right, down = tf.zeros_like(x), tf.zeros_like(y)
        for wave in tf.unstack(self.waves[..., None], axis=-3):
            to_right, to_down, along_x, along_y, phase = tf.unstack(
                wave, axis=-2
            )
            height = tf.sin(along_x * x + along_y * y + phase)
            right += to_right * height
            down += to_down * height
        return right, down


def draw_motion(draws, centre, size, longest, deformation, warp):
    """Makes motions of random numbers.

    Args:
        draws: float32 `(..., NUM_DRAWS)` from 0 to 1.
        centre: float32 `(..., 2)`: what layers turn about, x before y.
        size: the frame's height and width.
        longest: translation in pixels; its length is uniformly distributed.
        deformation: how much the entries of the homography that turn, scale
            and shear differ from the identity's at most. Its perspective is
            half as much at a frame's side.
        warp: highest amplitude of all waves together, in pixels.

    Returns:
        A `Motion`.
    """
    length, angle, *linear = tf.unstack(draws[..., :8], axis=-1)
    angle *= 2 * math.pi
    entries = [deformation * (2 * entry - 1) for entry in linear]
    lean = 0.5 / max(size)
    a, b, c, d = entries[:4]
    e, f = entries[4] * lean, entries[5] * lean
    zero, one = tf.zeros_like(a), tf.ones_like(a)
    rows = [[1 + a, b, zero], [c, 1 + d, zero], [e, f, one]]
    about_middle = _matrix(rows)
    there = _translation(centre[..., 0], centre[..., 1])
    back = _translation(-centre[..., 0], -centre[..., 1])
    moved = _translation(
        longest * length * tf.cos(angle), longest * length * tf.sin(angle)
    )
    homography = moved @ there @ about_middle @ back
    homography /= homography[..., 2:, 2:]
    shape = tf.concat([tf.shape(draws)[:-1], [NUM_WAVES, 5]], axis=0)
    waves = tf.reshape(draws[..., 8:], shape)
    return Motion(homography, _waves(waves, min(size), warp))


def _waves(draws, side, warp):
    height, to, length, along, phase = tf.unstack(draws, axis=-1)
    height *= warp / NUM_WAVES
    length = side * (SHORTEST_WAVE + (LONGEST_WAVE - SHORTEST_WAVE) * length)
    frequency = 2 * math.pi / length
    to, along, phase = (2 * math.pi * part for part in (to, along, phase))
    return tf.stack(
        [
            height * tf.cos(to),
            height * tf.sin(to),
            frequency * tf.cos(along),
            frequency * tf.sin(along),
            phase,
        ],
        axis=-1,
    )


def steepness(size, warp):
    """How much a warp stretches at most: below 1, it can be undone."""
    return warp * 2 * math.pi / (SHORTEST_WAVE * min(size))


def _project(matrix, x, y):
    a, b, c = (matrix[..., 0, k, None] for k in range(3))
    d, e, f = (matrix[..., 1, k, None] for k in range(3))
    g, h, i = (matrix[..., 2, k, None] for k in range(3))
    scale = 1 / (g * x + h * y + i)
    return (a * x + b * y + c) * scale, (d * x + e * y + f) * scale


def _translation(x, y):
    zero, one = tf.zeros_like(x), tf.ones_like(x)
    return _matrix([[one, zero, x], [zero, one, y], [zero, zero, one]])


def _matrix(rows):
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=-2)
