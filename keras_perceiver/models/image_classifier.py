"""Perceiver IO for image classification: three inputs, two heads."""

from keras_perceiver.models.encode_decode import encode
from keras_perceiver.models.heads import classifier
from keras_perceiver.models.heads import mean_head
from keras_perceiver.models.heads import query_classifier
from keras_perceiver.models.image_inputs import conv_pixels
from keras_perceiver.models.image_inputs import fourier_pixels
from keras_perceiver.models.image_inputs import image_input
from keras_perceiver.models.image_inputs import learned_pixels


def fourier_image_classifier(
    *,
    image_shape,
    num_bands,
    num_classes,
    query_dim,
    max_resolution=None,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=True,
    gelu_approximate=True,
    dtype=None,
    **encoder,
):
    """Builds the classifier of pixels with Fourier positions.

    Perceiver IO, appendix A. Latents read the pixels, and one learned query
    reads the latents.

    Args:
        image_shape: `(H, W, 3)`. Any size takes the same weights, as long as
            `max_resolution` stays.
        num_bands: Fourier bands in each of the two dimensions.
        num_classes: number of labels.
        query_dim: E, width of the output query.
        max_resolution: `(height, width)` that the highest bands resolve: the
            size at which the weights were trained. Defaults to the size of
            the images.
        dtype: dtype policy of every layer. Logits are float32 under all.

    The other arguments are those of `decoder`, and `**encoder` those of
    `encode`.

    Returns:
        A functional model from `images` `(B, H, W, 3)`, normalised, to
        logits `(B, num_classes)`. Its view `encode` takes `images` and gives
        latents; its view `decode` takes a dictionary of `latents` alone.
    """
    images = image_input(image_shape)
    inputs = fourier_pixels(
        images, num_bands=num_bands, max_resolution=max_resolution, dtype=dtype
    )  # (B, M, C)
    return query_classifier(
        "fourier_image_classifier",
        images,
        inputs,
        num_classes=num_classes,
        query_dim=query_dim,
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )


def learned_image_classifier(
    *,
    image_shape,
    pixel_projection_dim,
    position_dim,
    position_projection_dim,
    num_classes,
    query_dim,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=False,
    gelu_approximate=True,
    dtype=None,
    **encoder,
):
    """Builds the classifier that is told nothing of the images' geometry.

    Like `fourier_image_classifier`, but a pixel has a learned position. Its
    decoder has no query residual, as in the reference; Hugging Face's port
    has one, for the same weights.

    Args:
        image_shape: `(H, W, 3)`. The weights fit this size alone.
        pixel_projection_dim: width of a projected pixel; the reference calls
            the projection a 1x1 convolution.
        position_dim: width of a learned position.
        position_projection_dim: width of a projected position.

    The other arguments are those of `fourier_image_classifier`.

    Returns:
        A functional model with the inputs, outputs and views of
        `fourier_image_classifier`.
    """
    images = image_input(image_shape)
    inputs = learned_pixels(
        images,
        pixel_projection_dim=pixel_projection_dim,
        position_dim=position_dim,
        position_projection_dim=position_projection_dim,
        dtype=dtype,
    )  # (B, M, C)
    return query_classifier(
        "learned_image_classifier",
        images,
        inputs,
        num_classes=num_classes,
        query_dim=query_dim,
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )


def conv_image_classifier(
    *,
    image_shape,
    stem_channels,
    num_bands,
    num_classes,
    query_dim,
    num_stem_layers=1,
    stem_same_padding=True,
    max_resolution=None,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=True,
    gelu_approximate=True,
    dtype=None,
    **encoder,
):
    """Builds the classifier of convolutional features.

    Like `fourier_image_classifier`, but behind a convolution and a pooling,
    which leave a 16th of the positions.

    Args:
        stem_channels: width of the convolutional stem.
        num_stem_layers: number of its layers.
        stem_same_padding: how it pads: True as the reference, False as
            Hugging Face's port, for the same weights.
        max_resolution: `(height, width)` that the highest bands resolve, of
            the features and not of the images. Defaults to their size.

    The other arguments are those of `fourier_image_classifier`.

    Returns:
        A functional model with the inputs, outputs and views of
        `fourier_image_classifier`. Batch norm tells training from inference.
    """
    images = image_input(image_shape)
    inputs = conv_pixels(
        images,
        stem_channels=stem_channels,
        num_stem_layers=num_stem_layers,
        stem_same_padding=stem_same_padding,
        num_bands=num_bands,
        max_resolution=max_resolution,
        dtype=dtype,
    )  # (B, M, C)
    return query_classifier(
        "conv_image_classifier",
        images,
        inputs,
        num_classes=num_classes,
        query_dim=query_dim,
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )


def fourier_mean_classifier(
    *,
    image_shape,
    num_bands,
    num_classes,
    max_resolution=None,
    dtype=None,
    **encoder,
):
    """Builds `fourier_image_classifier` with the original Perceiver's head.

    Perceiver IO, table 7, rows "Perceiver": the logits come from the mean
    over latents, and there is no decoder.

    The arguments are those of `fourier_image_classifier` without its
    decoder's.

    Returns:
        A functional model with the inputs, outputs and views of
        `fourier_image_classifier`. Its logits are zero until trained.
    """
    images = image_input(image_shape)
    inputs = fourier_pixels(
        images, num_bands=num_bands, max_resolution=max_resolution, dtype=dtype
    )  # (B, M, C)
    latents = encode(inputs, dtype=dtype, **encoder)  # (B, N, D)
    head = mean_head(num_classes=num_classes)
    return classifier("fourier_mean_classifier", images, latents, head)


def learned_mean_classifier(
    *,
    image_shape,
    pixel_projection_dim,
    position_dim,
    position_projection_dim,
    num_classes,
    dtype=None,
    **encoder,
):
    """Builds `learned_image_classifier` with the original Perceiver's head.

    The arguments are those of `learned_image_classifier` without its
    decoder's.

    Returns:
        A functional model with the inputs, outputs and views of
        `fourier_mean_classifier`.
    """
    images = image_input(image_shape)
    inputs = learned_pixels(
        images,
        pixel_projection_dim=pixel_projection_dim,
        position_dim=position_dim,
        position_projection_dim=position_projection_dim,
        dtype=dtype,
    )  # (B, M, C)
    latents = encode(inputs, dtype=dtype, **encoder)  # (B, N, D)
    head = mean_head(num_classes=num_classes)
    return classifier("learned_mean_classifier", images, latents, head)


def conv_mean_classifier(
    *,
    image_shape,
    stem_channels,
    num_bands,
    num_classes,
    num_stem_layers=1,
    stem_same_padding=True,
    max_resolution=None,
    dtype=None,
    **encoder,
):
    """Builds `conv_image_classifier` with the original Perceiver's head.

    The arguments are those of `conv_image_classifier` without its
    decoder's.

    Returns:
        A functional model with the inputs, outputs and views of
        `fourier_mean_classifier`.
    """
    images = image_input(image_shape)
    inputs = conv_pixels(
        images,
        stem_channels=stem_channels,
        num_stem_layers=num_stem_layers,
        stem_same_padding=stem_same_padding,
        num_bands=num_bands,
        max_resolution=max_resolution,
        dtype=dtype,
    )  # (B, M, C)
    latents = encode(inputs, dtype=dtype, **encoder)  # (B, N, D)
    head = mean_head(num_classes=num_classes)
    return classifier("conv_mean_classifier", images, latents, head)
