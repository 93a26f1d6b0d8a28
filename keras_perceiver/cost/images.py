"""What the models that classify images cost."""

import math

from keras_perceiver.cost.blocks import encode
from keras_perceiver.cost.heads import mean_head
from keras_perceiver.cost.heads import query_classifier
from keras_perceiver.cost.inputs import conv_stem
from keras_perceiver.cost.inputs import with_positions


def fourier_image_classifier(trace, *, image_shape, num_bands, **others):
    """What `models.fourier_image_classifier` builds."""
    inputs = fourier_pixels(trace, image_shape, num_bands)
    query_classifier(trace, inputs, **others)


def fourier_mean_classifier(
    trace, *, image_shape, num_bands, num_classes, **encoder
):
    """What `models.fourier_mean_classifier` builds."""
    inputs = fourier_pixels(trace, image_shape, num_bands)
    mean_head(trace, encode(trace, inputs, **encoder), num_classes)


def learned_image_classifier(
    trace,
    *,
    image_shape,
    pixel_projection_dim,
    position_dim,
    position_projection_dim,
    **others,
):
    """What `models.learned_image_classifier` builds."""
    inputs = _learned_pixels(
        trace,
        image_shape,
        pixel_projection_dim,
        position_dim,
        position_projection_dim,
    )
    query_classifier(trace, inputs, **others)


def learned_mean_classifier(
    trace,
    *,
    image_shape,
    pixel_projection_dim,
    position_dim,
    position_projection_dim,
    num_classes,
    **encoder,
):
    """What `models.learned_mean_classifier` builds."""
    inputs = _learned_pixels(
        trace,
        image_shape,
        pixel_projection_dim,
        position_dim,
        position_projection_dim,
    )
    mean_head(trace, encode(trace, inputs, **encoder), num_classes)


def conv_image_classifier(
    trace,
    *,
    image_shape,
    stem_channels,
    num_stem_layers,
    stem_same_padding,
    num_bands,
    **others,
):
    """What `models.conv_image_classifier` builds."""
    inputs = _conv_pixels(
        trace,
        image_shape,
        stem_channels,
        num_stem_layers,
        stem_same_padding,
        num_bands,
    )
    query_classifier(trace, inputs, **others)


def conv_mean_classifier(
    trace,
    *,
    image_shape,
    stem_channels,
    num_stem_layers,
    stem_same_padding,
    num_bands,
    num_classes,
    **encoder,
):
    """What `models.conv_mean_classifier` builds."""
    inputs = _conv_pixels(
        trace,
        image_shape,
        stem_channels,
        num_stem_layers,
        stem_same_padding,
        num_bands,
    )
    mean_head(trace, encode(trace, inputs, **encoder), num_classes)


def fourier_pixels(trace, image_shape, num_bands):
    """What `models.image_inputs.fourier_pixels` makes."""
    with trace.part("preprocessing"):
        pixels = _pixels(trace, image_shape)
        return with_positions(trace, pixels, 2, num_bands)


def _pixels(trace, image_shape):
    *sizes, channels = image_shape
    return trace.given(math.prod(sizes), channels)


def _learned_pixels(
    trace,
    image_shape,
    pixel_projection_dim,
    position_dim,
    position_projection_dim,
):
    with trace.part("preprocessing"):
        pixels = _pixels(trace, image_shape)
        positions = trace.learned(pixels.rows, position_dim)
        return trace.concatenate_channels(
            trace.linear(pixels, pixel_projection_dim),
            trace.linear(positions, position_projection_dim),
        )


def _conv_pixels(
    trace,
    image_shape,
    stem_channels,
    num_stem_layers,
    stem_same_padding,
    num_bands,
):
    with trace.part("preprocessing"):
        features = conv_stem(
            trace,
            _pixels(trace, image_shape),
            image_shape,
            stem_channels,
            num_layers=num_stem_layers,
            same_padding=stem_same_padding,
        )
        return with_positions(trace, features, 2, num_bands)
