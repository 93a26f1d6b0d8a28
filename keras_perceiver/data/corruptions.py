"""What happens to images and texts on their way, at random.

Each example is changed by its seed alone, so that every model is asked the
same.
"""

import tensorflow as tf


def add_noise(images, seeds, *, deviation):
    """Adds Gaussian noise to each pixel and channel.

    Args:
        images: float `(B, H, W, C)`.
        seeds: integer `(B, 2)`.
        deviation: of the noise, a number or one for each channel, in the
            units of `images`.
    """
    noise = _of_each(
        lambda seed: tf.random.stateless_normal(images.shape[1:], seed), seeds
    )
    return images + deviation * noise


def occlude(images, seeds, *, share, value):
    """Covers a part of each image by a rectangle somewhere in it.

    Args:
        images: float `(B, H, W, C)`.
        seeds: integer `(B, 2)`.
        share: of the area that is covered, about: sides are whole pixels.
        value: what it is covered with, a number or one for each channel.
    """
    height, width = images.shape[1:3]
    sides = [round(share**0.5 * height), round(share**0.5 * width)]

    def cover(seed):
        draws = tf.random.stateless_uniform([2], seed)
        hidden = []
        for axis, (length, side) in enumerate(
            zip((height, width), sides, strict=True)
        ):
            # The last place is drawn as often as any other.
            begin = tf.cast(draws[axis] * (length - side + 1), tf.int32)
            places = tf.range(length)
            hidden.append((places >= begin) & (places < begin + side))
        return hidden[0][:, None, None] & hidden[1][None, :, None]

    is_hidden = _of_each(cover, seeds, tf.bool)
    return tf.where(is_hidden, value, images)


def replace_tokens(token_ids, seeds, *, share, replaceable):
    """Replaces tokens by others, as when the wrong key is hit.

    Args:
        token_ids: int32 `(B, M)`.
        seeds: integer `(B, 2)`.
        share: how probable it is that a token is replaced.
        replaceable: int32 `(n,)` in order, the tokens that are replaced, each
            by any other of them.

    Returns:
        int32 `(B, M)`.
    """
    number = len(replaceable)
    length = token_ids.shape[1]

    draws = _of_each(
        lambda seed: tf.random.stateless_uniform([2, length], seed), seeds
    )
    place = tf.searchsorted(replaceable, tf.reshape(token_ids, [-1]))
    place = tf.reshape(tf.minimum(place, number - 1), tf.shape(token_ids))
    may_change = tf.equal(tf.gather(replaceable, place), token_ids)
    # One to n - 1 places further on, so that a token is never its own.
    further = 1 + tf.cast(draws[:, 1] * (number - 1), tf.int32)
    other = tf.gather(replaceable, (place + further) % number)
    return tf.where(may_change & (draws[:, 0] < share), other, token_ids)


def _of_each(draw, seeds, dtype=tf.float32):
    return tf.map_fn(draw, seeds, fn_output_signature=dtype)
