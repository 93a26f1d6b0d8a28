"""What the models of still images read: one row for each position."""

import keras

from keras_perceiver.layers import ConcatenateChannels
from keras_perceiver.layers import ConvStem
from keras_perceiver.layers import LearnedArray
from keras_perceiver.layers.initializers import haiku_linear
from keras_perceiver.models.grid_positions import position_joiner


def image_input(image_shape):
    """The Keras input `images` of `(H, W, C)` pixels."""
    return keras.Input(tuple(image_shape), name="images")


def fourier_pixels(images, *, num_bands, max_resolution, dtype):
    """Pixels with 2-D Fourier positions.

    Args:
        images: `(B, H, W, C)`.
        num_bands: Fourier bands in each of the two dimensions.
        max_resolution: `(height, width)` that the highest bands resolve.
            None takes the size of the images.
        dtype: dtype policy of every layer; None takes Keras's global one.

    Returns:
        `(B, H * W, C + 2 * (2 * num_bands + 1))`.
    """
    with_positions = position_joiner(
        images.shape[1:3], num_bands, max_resolution, dtype
    )
    return with_positions(_rows(images, dtype))


def learned_pixels(
    images,
    *,
    pixel_projection_dim,
    position_dim,
    position_projection_dim,
    dtype,
):
    """Projected pixels with projected learned positions.

    Args:
        images: `(B, H, W, C)`.
        pixel_projection_dim: width of a projected pixel.
        position_dim: width of a learned position.
        position_projection_dim: width of a projected position.
        dtype: dtype policy of every layer; None takes Keras's global one.

    Returns:
        `(B, H * W, pixel_projection_dim + position_projection_dim)`.
    """
    rows = _rows(images, dtype)
    pixels = _linear("pixel_projection", pixel_projection_dim, dtype)(rows)
    positions = LearnedArray(
        rows.shape[1], position_dim, name="input_positions", dtype=dtype
    )(rows)  # (1, M, position_dim)
    project = _linear("position_projection", position_projection_dim, dtype)
    join = ConcatenateChannels(name="input_with_positions", dtype=dtype)
    return join(pixels, project(positions))


def conv_pixels(
    images,
    *,
    stem_channels,
    num_stem_layers,
    stem_same_padding,
    num_bands,
    max_resolution,
    dtype,
):
    """Features of a convolutional stem with 2-D Fourier positions.

    Args:
        images: `(B, H, W, C)`.
        stem_channels: width of the stem.
        num_stem_layers: number of its layers, each of which leaves a fourth
            of the height and of the width.
        stem_same_padding: how it pads, as in `ConvStem`.
        num_bands: Fourier bands in each of the two dimensions.
        max_resolution: `(height, width)` that the highest bands resolve, of
            the stem's features. None takes their size.
        dtype: dtype policy of every layer; None takes Keras's global one.

    Returns:
        `(B, H' * W', stem_channels + 2 * (2 * num_bands + 1))`.
    """
    features = ConvStem(
        stem_channels,
        num_stem_layers,
        stem_same_padding,
        name="conv_stem",
        dtype=dtype,
    )(images)  # (B, H', W', stem_channels)
    return fourier_pixels(
        features,
        num_bands=num_bands,
        max_resolution=max_resolution,
        dtype=dtype,
    )


def _rows(grid, dtype):
    """`(B, H, W, C)` as `(B, H * W, C)`."""
    height, width, channels = grid.shape[1:]
    return keras.layers.Reshape(
        (height * width, channels), name="pixels", dtype=dtype
    )(grid)


def _linear(name, channels, dtype):
    return keras.layers.Dense(
        channels, kernel_initializer=haiku_linear(), name=name, dtype=dtype
    )
