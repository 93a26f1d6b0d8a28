"""Views of clips for training: one crop, flip and colouring for all frames."""

import tensorflow as tf

from keras_perceiver.data.image_augmentation import pixel_operations
from keras_perceiver.data.image_augmentation.crops import crop_region
from keras_perceiver.data.image_augmentation.crops import view_seeds

_NUM_FACTORS = 3


def training_view(frames, seed, number, views, colour_strength):
    """Shows a clip as training sees it, all its frames alike.

    Args:
        frames: uint8 `(T, H, W, 3)`, of static shape.
        seed: integer.
        number: int64, of the example.
        views: a `TrainingViews`, of which RandAugment is left out.
        colour_strength: as `recolour` takes it.

    Returns:
        uint8 `(T, H, W, 3)`.
    """
    crop_seed, flip_seed, colour_seed = view_seeds(seed, number)
    shape = frames.shape
    height_and_width = tuple(shape.as_list()[1:3])
    size = tf.constant(height_and_width)
    top, left, height, width = tf.unstack(
        crop_region(size, crop_seed, height_and_width, views)
    )
    part = frames[:, top : top + height, left : left + width]
    part = tf.image.resize(part, size, antialias=True)
    part = tf.cast(tf.round(tf.clip_by_value(part, 0, 255)), tf.uint8)
    if views.flip:
        is_mirrored = tf.random.stateless_uniform((), flip_seed) < 0.5
        part = tf.where(is_mirrored, tf.reverse(part, [2]), part)
    part = recolour(part, colour_seed, colour_strength)
    return tf.ensure_shape(part, shape)


def recolour(frames, seed, strength):
    """Changes brightness, contrast and saturation of all frames alike.

    Args:
        frames: uint8 `(T, H, W, 3)`.
        seed: integer `(2,)`.
        strength: each factor is drawn between 1 less and 1 more this; 0
            leaves the frames as they are, 1 goes down to black and grey.

    Returns:
        uint8 of the same shape.
    """
    if strength == 0:
        return frames
    factors = tf.random.stateless_uniform(
        (_NUM_FACTORS,), seed, 1 - strength, 1 + strength
    )
    shape = tf.shape(frames)
    # All frames below one another are one image.
    image = tf.reshape(frames, (shape[0] * shape[1], shape[2], 3))
    for operation, factor in zip(
        (
            pixel_operations.brightness,
            pixel_operations.contrast,
            pixel_operations.color,
        ),
        tf.unstack(factors),
        strict=True,
    ):
        image = operation(image, factor)
    return tf.reshape(image, shape)
