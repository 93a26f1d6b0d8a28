"""RandAugment's operations that move pixels or cover them.

Each takes an image, uint8 `(H, W, 3)`, and returns one of the same kind and
size. No value is interpolated: each pixel is that which stands nearest to
where it comes from. What comes from outside the image is grey.
"""

import math

import tensorflow as tf

FILL = 128


def rotate(image, degrees):
    """Turns the image about its middle, anticlockwise."""
    height, width = _size(image)
    angle = degrees * (math.pi / 180)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    rows, columns = _coordinates(height, width)
    middle_row = tf.cast(height - 1, tf.float32) / 2
    middle_column = tf.cast(width - 1, tf.float32) / 2
    down, right = rows - middle_row, columns - middle_column
    return _taken_from(
        image,
        cosine * down + (sine * right + middle_row),
        cosine * right + (middle_column - sine * down),
    )


def shear_x(image, strength):
    """Moves each row left by `strength` times its number."""
    rows, columns = _coordinates(*_size(image))
    return _taken_from(image, rows, columns + strength * rows)


def shear_y(image, strength):
    """Moves each column up by `strength` times its number."""
    rows, columns = _coordinates(*_size(image))
    return _taken_from(image, rows + strength * columns, columns)


def translate_x(image, pixels):
    """Moves the image left by a whole number of pixels."""
    width = tf.shape(image)[1]
    pixels = tf.clip_by_value(pixels, -width, width)
    left, right = tf.maximum(pixels, 0), tf.maximum(-pixels, 0)
    paddings = [[0, 0], [right, left], [0, 0]]
    return tf.pad(
        image[:, left : width - right], paddings, constant_values=FILL
    )


def translate_y(image, pixels):
    """Moves the image up by a whole number of pixels."""
    height = tf.shape(image)[0]
    pixels = tf.clip_by_value(pixels, -height, height)
    up, down = tf.maximum(pixels, 0), tf.maximum(-pixels, 0)
    paddings = [[down, up], [0, 0], [0, 0]]
    return tf.pad(image[up : height - down], paddings, constant_values=FILL)


def cutout(image, centre, half_side):
    """Covers a square with grey.

    Args:
        image: uint8 `(H, W, 3)`.
        centre: int32 `(2,)`, row and column; the square reaches as far to
            the top left of it as to the bottom right, and may end at the
            border.
        half_side: half the side of the square, in pixels.
    """
    size = tf.shape(image)[:2]
    begin = tf.clip_by_value(centre - half_side, 0, size)
    end = tf.clip_by_value(centre + half_side, 0, size)
    covered = tf.concat([end - begin, [3]], axis=0)
    # Several times as fast as choosing pixel by pixel.
    return tf.raw_ops.TensorStridedSliceUpdate(
        input=image,
        begin=tf.concat([begin, [0]], axis=0),
        end=tf.concat([end, [3]], axis=0),
        strides=[1, 1, 1],
        value=tf.fill(covered, tf.constant(FILL, tf.uint8)),
    )


def _size(image):
    return tf.shape(image)[0], tf.shape(image)[1]


def _coordinates(height, width):
    """Numbers of rows `(H, 1)` and columns `(1, W)`, float32."""
    rows = tf.range(tf.cast(height, tf.float32))
    columns = tf.range(tf.cast(width, tf.float32))
    return rows[:, None], columns[None]


def _taken_from(image, rows, columns):
    """Each pixel from the nearest to a place, of which there are `(H, W)`.

    `ImageProjectiveTransformV3` takes two and a half times as long.
    """
    height, width = _size(image)
    # Upwards from the middle of two, as Pillow does.
    rows = tf.cast(tf.floor(rows + 0.5), tf.int32)
    columns = tf.cast(tf.floor(columns + 0.5), tf.int32)
    in_rows = tf.logical_and(rows >= 0, rows < height)
    in_columns = tf.logical_and(columns >= 0, columns < width)
    pixels = tf.reshape(image, (-1, 3))
    outside = tf.fill((1, 3), tf.constant(FILL, tf.uint8))
    places = tf.where(
        tf.logical_and(in_rows, in_columns),
        rows * width + columns,
        height * width,
    )
    return tf.gather(tf.concat([pixels, outside], axis=0), places)
