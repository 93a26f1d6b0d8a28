"""RandAugment with the published 16 operations and their strengths."""

import functools

import tensorflow as tf

from keras_perceiver.data.image_augmentation import geometric_operations
from keras_perceiver.data.image_augmentation import pixel_operations

LARGEST_MAGNITUDE = 10
# At the largest magnitude.
_DEGREES = 30
_SHEAR = 0.3
_TRANSLATION_PIXELS = 100
_CUTOUT_PIXELS = 40
_SOLARIZE_ADDITION = 110
_POSTERIZE_BITS = 4
_SOLARIZE_THRESHOLD = 256
# Which operation, which sign, and a place's row and column.
_DRAWS_PER_LAYER = 4


def rand_augment(image, seed, num_layers=4, magnitude=5):
    """Changes an image by operations that are drawn one after another.

    Each layer draws one of 16, all as likely, and computes that one alone.
    Translations and the square of `Cutout` are in pixels of this image,
    whatever its size.

    Args:
        image: uint8 `(H, W, 3)`.
        seed: integer `(2,)`, such as (seed, example number).
        num_layers: how many operations follow one another.
        magnitude: 0 to 10. At the published 5, `Color`, `Contrast`,
            `Brightness` and `Sharpness` leave the image as it is.

    Returns:
        uint8 `(H, W, 3)`.
    """
    draws = tf.random.stateless_uniform((num_layers, _DRAWS_PER_LAYER), seed)
    choices = list(operations(magnitude).values())
    numbers = tf.cast(draws[:, 0] * len(choices), tf.int32)
    for layer in range(num_layers):
        branches = [
            functools.partial(choice, image, draws[layer, 1:])
            for choice in choices
        ]
        image = tf.switch_case(numbers[layer], branches)
        image = tf.ensure_shape(image, (None, None, 3))
    return image


def operations(magnitude):
    """The operations at one magnitude, by their published names.

    Args:
        magnitude: 0 to 10.

    Returns:
        Functions of an image and of three numbers from 0 to 1, float32
        `(3,)`: the first decides the sign, where one is drawn, and the others
        the row and the column of the place, where there is one.
    """
    share = magnitude / LARGEST_MAGNITUDE
    # From 0.1 to 1.9; 1.0 is the image itself.
    enhance = {"factor": share * 1.8 + 0.1}
    shear = share * _SHEAR
    translation = round(share * _TRANSLATION_PIXELS)
    pixel, geometric = pixel_operations, geometric_operations
    return {
        "AutoContrast": _always(pixel.auto_contrast),
        "Equalize": _always(pixel.equalize),
        "Invert": _always(pixel.invert),
        "Rotate": _either_way(geometric.rotate, share * _DEGREES),
        "Posterize": _always(
            pixel.posterize, bits=int(share * _POSTERIZE_BITS)
        ),
        "Solarize": _always(
            pixel.solarize, threshold=int(share * _SOLARIZE_THRESHOLD)
        ),
        "Color": _always(pixel.color, **enhance),
        "Contrast": _always(pixel.contrast, **enhance),
        "Brightness": _always(pixel.brightness, **enhance),
        "Sharpness": _always(pixel.sharpness, **enhance),
        "ShearX": _either_way(geometric.shear_x, shear),
        "ShearY": _either_way(geometric.shear_y, shear),
        "TranslateX": _either_way(geometric.translate_x, translation),
        "TranslateY": _either_way(geometric.translate_y, translation),
        "Cutout": _somewhere(
            geometric.cutout, half_side=int(share * _CUTOUT_PIXELS)
        ),
        "SolarizeAdd": _always(
            pixel.solarize_add, addition=int(share * _SOLARIZE_ADDITION)
        ),
    }


def _always(operation, **strength):
    return lambda image, draws: operation(image, **strength)


def _either_way(operation, strength):
    return lambda image, draws: operation(
        image, tf.where(draws[0] < 0.5, strength, -strength)
    )


def _somewhere(operation, **strength):
    def apply(image, draws):
        size = tf.cast(tf.shape(image)[:2], tf.float32)
        return operation(image, tf.cast(draws[1:] * size, tf.int32), **strength)

    return apply
