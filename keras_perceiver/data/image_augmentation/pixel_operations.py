"""RandAugment's operations that change pixels where they stand.

Each takes an image, uint8 `(H, W, 3)`, and returns one of the same kind. They
do what Pillow does, in which the published operations have their origin; where
those differ, it is said. A factor is a number, or a tensor of one.

Tables of 256 values, as Pillow has them, take TensorFlow four times as long as
arithmetic on the whole image. Only `equalize` cannot do without.
"""

import tensorflow as tf

_CHANNELS = 3
_LEVELS = 256
_SOLARIZE_ADD_BELOW = 128


def auto_contrast(image):
    """Spreads each channel over 0 to 255."""
    low = tf.cast(tf.reduce_min(image, (0, 1)), tf.float32)
    high = tf.cast(tf.reduce_max(image, (0, 1)), tf.float32)
    # A channel of one value stays as it is.
    is_flat = tf.equal(low, high)
    low = tf.where(is_flat, 0.0, low)
    spread = tf.where(is_flat, 255.0, high - low)
    rows = tf.cast(_rows(image), tf.float32)
    # The division comes last, so that what ought to be whole is.
    rows = (rows - _along_row(low, image)) * 255 / _along_row(spread, image)
    return tf.reshape(tf.cast(rows, tf.uint8), tf.shape(image))


def equalize(image):
    """Makes the values of each channel about equally frequent."""
    offsets = tf.range(_CHANNELS) * _LEVELS
    places = tf.cast(_rows(image), tf.int32) + _along_row(offsets, image)
    num_places = _CHANNELS * _LEVELS
    counts = tf.math.bincount(
        places, minlength=num_places, maxlength=num_places
    )
    counts = tf.reshape(counts, (_CHANNELS, _LEVELS))
    # Per channel, how many pixels have its highest value.
    from_highest = tf.reverse(counts, [1])
    highest = tf.argmax(from_highest > 0, axis=1)
    num_highest = tf.gather(from_highest, highest, batch_dims=1)
    step = (tf.reduce_sum(counts, 1) - num_highest)[:, None] // 255
    below = tf.cumsum(counts, axis=1, exclusive=True)
    table = (below + step // 2) // tf.maximum(step, 1)
    # What has too few pixels, or one value alone, stays as it is.
    table = tf.where(step > 0, tf.minimum(table, 255), tf.range(_LEVELS))
    table = tf.reshape(tf.cast(table, tf.uint8), (num_places,))
    return tf.reshape(tf.gather(table, places), tf.shape(image))


def invert(image):
    """The negative."""
    return 255 - image


def posterize(image, bits):
    """Keeps the given number of highest bits, 0 to 8."""
    mask = tf.constant(256 - (256 >> bits), tf.uint8)
    return tf.bitwise.bitwise_and(image, mask)


def solarize(image, threshold):
    """The negative of values from the threshold on, 0 to 256."""
    if threshold > 255:
        return image
    # Exclusive or with 255 is the negative; choosing takes TensorFlow longer.
    is_inverted = tf.cast(image >= threshold, tf.uint8)
    return tf.bitwise.bitwise_xor(image, is_inverted * tf.uint8.max)


def solarize_add(image, addition):
    """Adds up to 127 to the values below 128."""
    is_dark = tf.cast(image < _SOLARIZE_ADD_BELOW, tf.uint8)
    return image + is_dark * tf.constant(addition, tf.uint8)


def color(image, factor):
    """Between grey, at factor 0, and the image, at 1, and beyond it."""
    if _is_one(factor):
        return image
    return _blend(_luma(image), image, factor)


def contrast(image, factor):
    """Between the mean grey, at factor 0, and the image, at 1, and beyond.

    The published operation takes for the mean the number of pixels over 256,
    by mistake as it seems, which is white for nearly every photograph.
    """
    if _is_one(factor):
        return image
    mean = tf.reduce_mean(tf.cast(_luma(image), tf.float64))
    return _blend(tf.floor(mean + 0.5), image, factor)


def brightness(image, factor):
    """Between black, at factor 0, and the image, at 1, and beyond it."""
    if _is_one(factor):
        return image
    return _blend(0, image, factor)


def sharpness(image, factor):
    """Between a blurred image, at factor 0, and the image, at 1, and beyond.

    The pixels at the border stay as they are. The published operation rounds
    the blurred image down; Pillow rounds it to the nearest.
    """
    if _is_one(factor):
        return image
    return _blend(_smooth(image), image, factor)


def _is_one(factor):
    """Whether a factor is known to leave images as they are."""
    return not tf.is_tensor(factor) and factor == 1.0


def _rows(image):
    """`(H, 3 * W)`: what is added to a row is then long, hence fast."""
    return tf.reshape(image, (tf.shape(image)[0], -1))


def _along_row(values, image):
    """Values of the three channels, once per pixel of a row."""
    return tf.tile(values, [tf.shape(image)[1]])


def _blend(other, image, factor):
    """Rounds down, as Pillow and the published code do."""
    other = tf.cast(other, tf.float32)
    blended = other + factor * (tf.cast(image, tf.float32) - other)
    return tf.cast(tf.clip_by_value(blended, 0, 255), tf.uint8)


def _luma(image):
    """ITU-R BT.601's grey in whole numbers, int32 `(H, W, 1)`."""
    red, green, blue = tf.split(tf.cast(image, tf.int32), _CHANNELS, axis=-1)
    return (19595 * red + 38470 * green + 7471 * blue + 2**15) // 2**16


def _smooth(image):
    """The mean of 3 x 3 pixels, in which the middle one counts five times."""
    wide = tf.pad(tf.cast(image, tf.int32), [[1, 1], [1, 1], [0, 0]])
    columns = wide[:-2] + wide[1:-1] + wide[2:]
    weighted = columns[:, :-2] + columns[:, 1:-1] + columns[:, 2:]
    weighted += 4 * wide[1:-1, 1:-1]
    mean = tf.cast((2 * weighted + 13) // 26, tf.uint8)
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    is_inside = tf.logical_and(
        _is_inside(height)[:, None], _is_inside(width)[None]
    )
    return tf.where(is_inside[..., None], mean, image)


def _is_inside(length):
    places = tf.range(length)
    return tf.logical_and(places > 0, places < length - 1)
