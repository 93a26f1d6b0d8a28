"""Photographs and polygons that move, one before the other."""

import math

import tensorflow as tf

from keras_perceiver.data.flow_pairs import motion
from keras_perceiver.data.flow_pairs import photographs as photographs_lib

MOST_CORNERS = 8
# Of a layer: its photograph, where it is cut out of it, how small and how
# turned; place, size, turn, number of corners and their distances of its
# polygon; its motion.
_PICTURE_DRAWS = 5
_POLYGON_DRAWS = 5 + MOST_CORNERS
NUM_DRAWS = _PICTURE_DRAWS + _POLYGON_DRAWS + motion.NUM_DRAWS
_BLUR_SAMPLES = 4


class Layers:
    """The layers of scenes, `(B, L)`, the background first.

    Args:
        photographs: the `Photographs` that they are made of.
        draws: float32 `(B, L, NUM_DRAWS)` from 0 to 1.
        size: height and width of a frame.
        scenes: the `Scenes`, which say what they look like.
    """

    def __init__(self, photographs, draws, size, scenes):
        self.photographs = photographs
        self.size = size
        self.is_blurred = scenes.blur_share > 0 and scenes.blur > 0
        picture, polygon, moves = tf.split(
            draws, [_PICTURE_DRAWS, _POLYGON_DRAWS, motion.NUM_DRAWS], axis=-1
        )
        self._draw_pictures(picture, scenes.reduction)
        self._draw_polygons(polygon)
        self.motion = motion.draw_motion(
            moves,
            self.centre,
            size,
            scenes.motion,
            scenes.deformation,
            scenes.warp,
        )
        self.x, self.y = pixel_places(size)

    def _draw_pictures(self, draws, reduction):
        which, row, column, small, turn = tf.unstack(draws, axis=-1)
        count = len(self.photographs)
        # A draw may be rounded up to the end of its range.
        number = tf.minimum(tf.cast(which * count, tf.int32), count - 1)
        reduction = reduction**small
        level = tf.cast(tf.math.log(reduction) / math.log(2.0), tf.int32)
        level = tf.minimum(level, photographs_lib.NUM_LEVELS - 1)
        sides = tf.gather(
            self.photographs.tensors[1],
            number * photographs_lib.NUM_LEVELS + level,
        )
        sides = tf.cast(sides[..., 1:], tf.float32)
        step = reduction / 2.0 ** tf.cast(level, tf.float32)
        angle = 2 * math.pi * turn
        self.number, self.level = number, level
        self.across = step * tf.cos(angle), step * tf.sin(angle)
        self.begin = column * sides[..., 1], row * sides[..., 0]

    def _draw_polygons(self, draws):
        x, y, radius, turn, corners = tf.unstack(draws[..., :5], axis=-1)
        height, width = self.size
        centre = tf.stack([(x - 0.5) * width, (y - 0.5) * height], axis=-1)
        is_background = tf.range(draws.shape[1]) == 0
        # The background turns about the middle of the frame.
        self.centre = tf.where(is_background[:, None], 0.0, centre)
        self.is_background = is_background[:, None]
        most = MOST_CORNERS - 2
        corners = 3 + tf.minimum(tf.cast(corners * most, tf.int32), most - 1)
        self.corners = corners
        self.turn = 2 * math.pi * turn
        longest = min(self.size) * (0.15 + 0.35 * radius[..., None])
        self.radii = longest * (0.5 + 0.5 * draws[..., 5:])

    def frame(self, time, exposure):
        """float32 `(B, H * W, 3)`, from 0 to 255.

        Args:
            time: 0 or 1.
            exposure: `(B, 1)`: for how long light falls in, around `time`.
        """
        if not self.is_blurred:
            return self._at(tf.fill((1, 1, 1), float(time)))
        moments = [
            (sample + 0.5) / _BLUR_SAMPLES - 0.5
            for sample in range(_BLUR_SAMPLES)
        ]

        def sharp():
            return self._at(tf.fill((1, 1, 1), float(time)))

        def blurred():
            sums = [
                self._at(time + moment * exposure[..., None])
                for moment in moments
            ]
            return tf.add_n(sums) / _BLUR_SAMPLES

        return tf.cond(tf.reduce_any(exposure > 0), blurred, sharp)

    def _at(self, time):
        """The frame at a moment, `(B or 1, 1, 1)`."""
        x, y = self._backward(self.x, self.y, time)
        colours, shares = self._colours(x, y), self._covered(x, y)
        frame = colours[:, 0]
        for layer in range(1, colours.shape[1]):
            share = shares[:, layer, :, None]
            frame += share * (colours[:, layer] - frame)
        return frame

    def flow(self):
        """Flow `(B, H * W, 2)` and what stays visible `(B, H * W)`."""
        x, y = self._everywhere(self.x, self.y)
        top = self._top(x, y)
        moved = self._forward(x, y)
        moved = [_of_layer(part, top) for part in moved]
        flow = tf.stack([moved[0] - self.x, moved[1] - self.y], axis=-1)
        there = self._everywhere(moved[0][:, None], moved[1][:, None])
        came_from = self._backward(*there, tf.ones((1, 1, 1)))
        inside = self._is_inside(*moved)
        return flow, inside & tf.equal(self._top(*came_from), top)

    def _is_inside(self, x, y):
        height, width = self.size
        return (tf.abs(x) <= (width - 1) / 2) & (tf.abs(y) <= (height - 1) / 2)

    def _top(self, x, y):
        """The number of the uppermost layer at each point, int32 `(B, n)`."""
        covers = self._covered(x, y) >= 0.5
        numbers = tf.range(covers.shape[1])[:, None]
        return tf.reduce_max(tf.where(covers, numbers, 0), axis=1)

    def _covered(self, x, y):
        """How much of a pixel at `(B, L, n)` a layer covers, 0 to 1."""
        x -= self.centre[..., 0, None]
        y -= self.centre[..., 1, None]
        step = 2 * math.pi / tf.cast(self.corners, tf.float32)[..., None]
        angle = tf.math.floormod(
            tf.atan2(y, x) + self.turn[..., None], 2 * math.pi
        )
        corners = self.corners[..., None]
        before = tf.minimum(tf.cast(angle / step, tf.int32), corners - 1)
        after = tf.math.floormod(before + 1, corners)
        first = tf.gather(self.radii, before, batch_dims=2)
        second = tf.gather(self.radii, after, batch_dims=2)
        angle -= tf.cast(before, tf.float32) * step
        # Where the ray from the centre crosses the side between two corners.
        edge = first * second * tf.sin(step)
        edge /= first * tf.sin(angle) + second * tf.sin(step - angle)
        inside = tf.clip_by_value(edge - tf.sqrt(x * x + y * y) + 0.5, 0, 1)
        return tf.where(self.is_background, 1.0, inside)

    def _colours(self, x, y):
        """What the photographs of layers show at points `(B, L, n)`."""
        cosine, sine = (part[..., None] for part in self.across)
        begin_x, begin_y = (part[..., None] for part in self.begin)
        return photographs_lib.sample(
            self.photographs,
            self.number,
            self.level,
            begin_x + cosine * x - sine * y,
            begin_y + sine * x + cosine * y,
        )

    def _everywhere(self, x, y):
        """The same points for every layer, `(B, L, n)`."""
        zero = tf.zeros(tf.concat([tf.shape(self.number), [1]], axis=0))
        return x + zero, y + zero

    def _backward(self, x, y, time):
        return self.motion.backward(*self._everywhere(x, y), time)

    def _forward(self, x, y):
        return self.motion.forward(x, y, tf.ones((1, 1, 1)))


def _of_layer(values, layer):
    """Of values `(B, L, n)` those of one layer for each point, `(B, n)`."""
    values = tf.transpose(values, (0, 2, 1))
    return tf.gather(values, layer, batch_dims=2)


def pixel_places(size):
    """Places of pixels from the middle of the frame, float32 `(n,)` each."""
    height, width = size
    y, x = tf.meshgrid(
        tf.range(height, dtype=tf.float32) - (height - 1) / 2,
        tf.range(width, dtype=tf.float32) - (width - 1) / 2,
        indexing="ij",
    )
    return tf.reshape(x, (-1,)), tf.reshape(y, (-1,))
