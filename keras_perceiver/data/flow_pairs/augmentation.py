"""Changes to pairs of frames in training, with the numbers of RAFT.

Light and colours change, mostly alike in both frames; boxes of the second
frame are wiped out; both are scaled, stretched and mirrored, and cut to the
model's size. Each change is as strong or as frequent as `strength` says.
"""

import dataclasses
import math

import tensorflow as tf


@dataclasses.dataclass(frozen=True, kw_only=True)
class Augmentation:
    """What is changed at full strength; RAFT's numbers by default.

    Attributes:
        colour: how much brightness, contrast and saturation change at most.
        hue: how much of the colour circle hues turn at most.
        asymmetric_share: of pairs whose two frames change differently.
        erased_share: of pairs whose second frame loses one or two boxes.
        erased: sides of such a box in pixels, the least and the most.
        scale: powers of two that pairs are enlarged by, least and most.
        scaled_share: of pairs that are scaled.
        stretch: power of two that each side is stretched by at most.
        stretched_share: of pairs that are stretched.
        mirrored_share: of pairs that are mirrored left to right.
        flipped_share: of pairs that are turned upside down.
    """

    colour: float = 0.4
    hue: float = 0.5 / math.pi
    asymmetric_share: float = 0.2
    erased_share: float = 0.5
    erased: tuple[int, int] = (50, 100)
    scale: tuple[float, float] = (-0.2, 0.5)
    scaled_share: float = 0.8
    stretch: float = 0.2
    stretched_share: float = 0.8
    mirrored_share: float = 0.5
    flipped_share: float = 0.1


def augment(pair, size, seed, strength, augmentation):
    """Changes a pair and cuts it to a size.

    Args:
        pair: as `FlowPairs` has them, at least of that size.
        size: height and width wanted.
        seed: integer `(2,)`.
        strength: float32 `()` from 0, where a pair is only cut, to 1.
        augmentation: an `Augmentation`.

    Returns:
        The pair, with frames that are float32 from 0 to 255.
    """
    light_seed, space_seed, cut_seed = tf.unstack(
        tf.random.experimental.stateless_split(seed, 3)
    )
    pair = {**pair, "frames": tf.cast(pair["frames"], tf.float32)}
    pair = tf.cond(
        strength > 0,
        lambda: _moved(
            _lit(pair, light_seed, strength, augmentation),
            size,
            space_seed,
            strength,
            augmentation,
        ),
        lambda: pair,
    )
    return cut(pair, size, tf.random.stateless_uniform((2,), cut_seed))


def filled(pair, size):
    """Fills a pair up to a size, to the right and below.

    Frames go on with their last column and row; flow is not known there.
    """
    height, width = tf.unstack(tf.shape(pair["flow"])[:2])
    rows, columns = (
        tf.range(tf.maximum(side, wanted))
        for side, wanted in zip((height, width), size, strict=True)
    )
    inside = (rows < height)[:, None] & (columns < width)[None]
    rows = tf.minimum(rows, height - 1)
    columns = tf.minimum(columns, width - 1)

    def part(values, axis):
        values = tf.gather(values, rows, axis=axis)
        return tf.gather(values, columns, axis=axis + 1)

    pair = {
        name: part(values, 1 if name == "frames" else 0)
        for name, values in pair.items()
    }
    return {**pair, "valid": pair["valid"] & inside}


def cut(pair, size, place):
    """Cuts a pair to a size.

    Args:
        pair: as `FlowPairs` has them, at least of that size.
        size: height and width wanted.
        place: float32 `(2,)`: 0 for the top and the left, up to 1 for the
            bottom and the right.
    """
    room = tf.shape(pair["flow"])[:2] - size
    start = tf.cast(place * tf.cast(room + 1, tf.float32), tf.int32)
    row, column = tf.unstack(tf.clip_by_value(start, 0, room))

    def part(values, axis):
        return tf.gather(
            tf.gather(values, row + tf.range(size[0]), axis=axis),
            column + tf.range(size[1]),
            axis=axis + 1,
        )

    return {
        name: part(values, 1 if name == "frames" else 0)
        for name, values in pair.items()
    }


def _lit(pair, seed, strength, augmentation):
    """Changes light and colours, and wipes out boxes."""
    colour_seed, erase_seed = tf.unstack(
        tf.random.experimental.stateless_split(seed, 2)
    )
    draws = tf.random.stateless_uniform((9,), colour_seed)
    differs = draws[8] < augmentation.asymmetric_share
    first, second = tf.unstack(pair["frames"])
    changes = strength * (2 * draws[:8] - 1)
    others = tf.where(differs, changes[4:], changes[:4])
    first = _recoloured(first, changes[:4], augmentation)
    second = _recoloured(second, others, augmentation)
    second = _erased(second, erase_seed, strength, augmentation)
    return {**pair, "frames": tf.stack([first, second])}


def _recoloured(frame, changes, augmentation):
    """Changes brightness, contrast, saturation and hue, in this order."""
    brightness, contrast, saturation = tf.unstack(
        1 + augmentation.colour * changes[:3]
    )
    frame = tf.clip_by_value(frame * brightness, 0, 255)
    mean = tf.reduce_mean(tf.image.rgb_to_grayscale(frame))
    frame = tf.clip_by_value(mean + contrast * (frame - mean), 0, 255) / 255
    frame = tf.image.adjust_saturation(frame, saturation)
    frame = tf.image.adjust_hue(frame, augmentation.hue * changes[3])
    return 255 * frame


def _erased(frame, seed, strength, augmentation):
    """Gives one or two boxes the mean colour of the frame."""
    draws = tf.random.stateless_uniform((2, 4), seed)
    extra = tf.random.stateless_uniform((2,), seed + 1)
    height, width = tf.unstack(tf.cast(tf.shape(frame)[:2], tf.float32))
    rows = tf.range(height)[:, None]
    columns = tf.range(width)[None]
    least, most = augmentation.erased
    is_wiped = tf.zeros(tf.shape(frame)[:2], tf.bool)
    # The second box is there half the time.
    for box, share in enumerate((1.0, 0.5)):
        top, left = draws[box, 0] * height, draws[box, 1] * width
        tall, wide = tf.unstack(least + (most - least) * draws[box, 2:])
        in_rows = (rows >= top) & (rows < top + tall)
        in_columns = (columns >= left) & (columns < left + wide)
        is_wiped |= in_rows & in_columns & (extra[1] < share)
    is_wiped &= extra[0] < strength * augmentation.erased_share
    return tf.where(
        is_wiped[..., None], tf.reduce_mean(frame, axis=(0, 1)), frame
    )


def _moved(pair, size, seed, strength, augmentation):
    """Scales, stretches and mirrors."""
    draws = tf.random.stateless_uniform((8,), seed)
    least, most = augmentation.scale
    power = tf.where(
        draws[0] < augmentation.scaled_share,
        strength * (least + (most - least) * draws[1]),
        0.0,
    )
    stretches = tf.where(
        draws[2] < augmentation.stretched_share,
        strength * augmentation.stretch * (2 * draws[3:5] - 1),
        0.0,
    )
    pair = _scaled(pair, size, 2.0 ** (power + stretches))
    pair = tf.cond(
        draws[5] < strength * augmentation.mirrored_share,
        lambda: _reflected(pair, 1, (-1.0, 1.0)),
        lambda: pair,
    )
    return tf.cond(
        draws[6] < strength * augmentation.flipped_share,
        lambda: _reflected(pair, 0, (1.0, -1.0)),
        lambda: pair,
    )


def _scaled(pair, size, factors):
    """Resizes a pair, and its flow with it; it fills `size` in any case."""
    old = tf.shape(pair["flow"])[:2]
    sides = tf.cast(old, tf.float32)
    new = tf.maximum(tf.cast(tf.round(sides * factors), tf.int32), size)
    factors = tf.cast(new, tf.float32) / sides
    valid = tf.cast(pair["valid"], tf.float32)[..., None]
    # Unknown flow must not spoil what is known beside it.
    known = tf.concat([pair["flow"] * valid, valid], axis=-1)
    known = tf.image.resize(known, new)
    flow = tf.math.divide_no_nan(known[..., :2], known[..., 2:])
    masks = tf.stack([pair["valid"], pair["visible"]], axis=-1)
    masks = tf.image.resize(tf.cast(masks, tf.uint8), new, "nearest") > 0
    return {
        "frames": tf.image.resize(pair["frames"], new),
        "flow": flow * tf.reverse(factors, [0]),
        "valid": masks[..., 0],
        "visible": masks[..., 1],
    }


def _reflected(pair, axis, signs):
    pair = {
        name: tf.reverse(values, [axis + (name == "frames")])
        for name, values in pair.items()
    }
    return {**pair, "flow": pair["flow"] * signs}
