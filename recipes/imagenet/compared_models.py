"""Models of images, with their pixels in order and permuted."""

import keras
from keras import ops

from keras_perceiver.models import from_preset
from keras_perceiver.models.heads import query_classifier
from keras_perceiver.models.image_inputs import fourier_pixels
from keras_perceiver.models.image_inputs import image_input
from keras_perceiver.models.presets import find_preset

_WIDTHS = (32, 64)


def conv_net(numbers, order=None):
    """A small ConvNet: twice two convolutions and a pool, then the mean.

    As in a ResNet, nothing behind the convolutions knows of places.

    Args:
        numbers: `image_shape` and `num_classes`.
        order: a permutation of the pixels, or None.

    Returns:
        A functional model from `images` `(B, H, W, 3)` to logits
        `(B, num_classes)`.
    """
    images = image_input(numbers["image_shape"])
    outputs = _permuted(images, order)
    for width in _WIDTHS:
        for _ in range(2):
            outputs = keras.layers.Conv2D(width, 3, padding="same")(outputs)
            outputs = keras.layers.BatchNormalization()(outputs)
            outputs = keras.layers.ReLU()(outputs)
        outputs = keras.layers.MaxPooling2D(2, padding="same")(outputs)
    outputs = keras.layers.GlobalAveragePooling2D()(outputs)
    logits = keras.layers.Dense(numbers["num_classes"], name="logits")(outputs)
    return keras.Model(images, logits, name="conv_net")


def fourier_positions(numbers, order=None):
    """Perceiver IO, of whose pixels each keeps its Fourier position.

    The permutation comes behind the positions, as published. What the latents
    attend to is a set then, so that by construction nothing but the order of
    sums is another.

    Args:
        numbers: the arguments of `imagenet_fourier`.
        order: a permutation of the pixels, or None.
    """
    numbers = dict(numbers)
    images = image_input(numbers.pop("image_shape"))
    inputs = fourier_pixels(
        images,
        num_bands=numbers.pop("num_bands"),
        max_resolution=numbers.pop("max_resolution"),
        dtype=None,
    )  # (B, M, C)
    if order is not None:
        inputs = ops.take(inputs, order, axis=1)
    return query_classifier("fourier_positions", images, inputs, **numbers)


def learned_positions(numbers, order=None):
    """Perceiver IO that has to find out itself where a pixel belongs.

    Each place of a row has its own learned vector. Nothing tells the model
    which places are neighbours, in order or permuted.

    Args:
        numbers: as `fourier_positions` takes them; pixels and positions take
            half of the width of the latents each.
        order: a permutation of the pixels, or None.
    """
    published = find_preset("imagenet_learned").arguments
    half = numbers["latent_dim"] // 2
    model = from_preset(
        "imagenet_learned",
        **{
            **{
                key: value for key, value in numbers.items() if key in published
            },
            "pixel_projection_dim": half,
            "position_dim": half,
            "position_projection_dim": half,
            "decoder_query_residual": published["decoder_query_residual"],
        },
    )
    images = image_input(numbers["image_shape"])
    return keras.Model(
        images, model(_permuted(images, order)), name="learned_positions"
    )


def _permuted(images, order):
    """The same images with their pixels in another order."""
    if order is None:
        return images
    _, *shape = images.shape
    rows = ops.reshape(images, (-1, shape[0] * shape[1], shape[2]))
    return ops.reshape(ops.take(rows, order, axis=1), (-1, *shape))
