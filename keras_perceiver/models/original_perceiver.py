"""The original Perceiver, which reads its inputs again and again."""

import keras

from keras_perceiver.layers import CrossAttention
from keras_perceiver.layers import FourierFeatures
from keras_perceiver.layers import LearnedArray
from keras_perceiver.layers import SelfAttention
from keras_perceiver.models.heads import classifier
from keras_perceiver.models.heads import mean_head
from keras_perceiver.models.image_inputs import fourier_pixels
from keras_perceiver.models.image_inputs import image_input


def image_perceiver(
    *,
    image_shape,
    num_bands,
    num_classes,
    num_cross_attends,
    max_resolution=None,
    share_cross_attention=True,
    share_self_attention=True,
    interleaved=True,
    dtype=None,
    **encoder,
):
    """Builds the original Perceiver on images.

    Perceiver, section 4.1. Latents read the pixels, with Fourier positions,
    before each block of self-attends; the logits come from their mean.

    Args:
        image_shape: `(H, W, 3)`. Any size takes the same weights, as long as
            `max_resolution` stays.
        num_bands: Fourier bands in each of the two dimensions.
        num_classes: number of labels.
        num_cross_attends: how often the latents read the inputs.
        max_resolution: `(height, width)` that the highest bands resolve: the
            size at which the weights were trained. Defaults to the size of
            the images.
        share_cross_attention: whether all cross-attends but the first are
            one. The first is always its own.
        share_self_attention: whether all blocks are one.
        interleaved: whether the cross-attends are spread over the blocks.
            False puts all of them in front of the first ("at start" in table
            6 of the paper).
        dtype: dtype policy of every layer. Logits are float32 under all.

    The other arguments, `**encoder`, are those of `encode`. For it to read
    before each block, `num_blocks` has to be `num_cross_attends`.

    Returns:
        A functional model from `images` `(B, H, W, 3)`, normalised, to
        logits `(B, num_classes)`, which are zero until trained. Its view
        `encode` takes `images` and gives latents; its view `decode` takes a
        dictionary of `latents` alone.

    Raises:
        ValueError: if the latents never read, or more often than there are
            blocks to spread it over.
    """
    images = image_input(image_shape)
    inputs = fourier_pixels(
        images, num_bands=num_bands, max_resolution=max_resolution, dtype=dtype
    )  # (B, M, C)
    latents = _iterate(
        inputs,
        num_cross_attends=num_cross_attends,
        share_cross_attention=share_cross_attention,
        share_self_attention=share_self_attention,
        interleaved=interleaved,
        dtype=dtype,
        **encoder,
    )  # (B, N, D)
    head = mean_head(num_classes=num_classes)
    return classifier("image_perceiver", images, latents, head)


def point_perceiver(
    *,
    num_points,
    num_bands,
    max_resolution,
    num_classes,
    num_cross_attends,
    share_cross_attention=True,
    share_self_attention=True,
    interleaved=True,
    dtype=None,
    **encoder,
):
    """Builds the original Perceiver on clouds of points.

    Perceiver, section 4.3. A point is its coordinates and their Fourier
    features; the order of points has no influence.

    Args:
        num_points: M. Any number takes the same weights.
        num_bands: Fourier bands in each dimension.
        max_resolution: the resolution of each dimension that the highest
            bands resolve, twice their frequency; there are as many
            dimensions as numbers.
        num_classes: number of labels.

    The other arguments are those of `image_perceiver`.

    Returns:
        A functional model from `points` `(B, M, d)`, coordinates in [-1, 1],
        to logits `(B, num_classes)`, which are zero until trained. Its view
        `encode` takes `points` and gives latents; its view `decode` takes a
        dictionary of `latents` alone.

    Raises:
        ValueError: as from `image_perceiver`.
    """
    points = keras.Input((num_points, len(max_resolution)), name="points")
    inputs = FourierFeatures(
        num_bands, max_resolution, name="input_positions", dtype=dtype
    )(points)  # (B, M, C)
    latents = _iterate(
        inputs,
        num_cross_attends=num_cross_attends,
        share_cross_attention=share_cross_attention,
        share_self_attention=share_self_attention,
        interleaved=interleaved,
        dtype=dtype,
        **encoder,
    )  # (B, N, D)
    head = mean_head(num_classes=num_classes)
    return classifier("point_perceiver", points, latents, head)


def _iterate(
    inputs,
    *,
    num_latents,
    latent_dim,
    num_self_attends_per_block,
    num_cross_attends,
    share_cross_attention,
    share_self_attention,
    interleaved,
    num_blocks=1,
    num_cross_attention_heads=1,
    num_self_attention_heads=8,
    qk_channels=None,
    v_channels=None,
    widening_factor=1,
    cross_attention_widening_factor=1,
    encoder_query_residual=True,
    gelu_approximate=True,
    dropout=0.0,
    rematerialize=False,
    dtype=None,
):
    """`encode`, with the same arguments and defaults, reading repeatedly."""
    check_reads(num_cross_attends, num_blocks, interleaved)
    shared = {
        "qk_channels": qk_channels,
        "v_channels": v_channels,
        "gelu_approximate": gelu_approximate,
        "dropout": dropout,
        "dtype": dtype,
    }
    reads = _cross_attends(
        num_cross_attends,
        share_cross_attention,
        num_heads=num_cross_attention_heads,
        query_residual=encoder_query_residual,
        widening_factor=cross_attention_widening_factor,
        **shared,
    )
    # The block in front of which each of them stands.
    places = [
        i * num_blocks // num_cross_attends if interleaved else 0
        for i in range(num_cross_attends)
    ]
    blocks = _blocks(
        num_blocks,
        num_self_attends_per_block,
        share_self_attention,
        num_heads=num_self_attention_heads,
        rematerialize=rematerialize,
        widening_factor=widening_factor,
        **shared,
    )
    latents = LearnedArray(
        num_latents, latent_dim, name="latents", dtype=dtype
    )(inputs)  # (1, N, D)
    for number, block in enumerate(blocks):
        for read, place in zip(reads, places, strict=True):
            if place == number:
                latents = read(latents, inputs)  # (B, N, D)
        for layer in block:
            latents = layer(latents)  # (B, N, D)
    # Shared layers have several outputs; this name has the last one alone.
    return keras.layers.Identity(name="latents_out", dtype=dtype)(latents)


def _cross_attends(number, share, **settings):
    """Layers in the order of their use; the first is always its own."""
    own = min(number, 2) if share else number
    layers = [
        CrossAttention(name=f"cross_attention_{i}", **settings)
        for i in range(own)
    ]
    return layers + layers[-1:] * (number - own)


def _blocks(number, length, share, **settings):
    """Lists of layers in the order of their use."""

    def block(prefix):
        return [
            SelfAttention(name=f"{prefix}_{i}", **settings)
            for i in range(length)
        ]

    if share:
        return [block("self_attention")] * number
    return [block(f"self_attention_{i}") for i in range(number)]


def check_reads(num_cross_attends, num_blocks, interleaved):
    """Raises `ValueError` if the latents cannot read as often.

    Args:
        num_cross_attends: as `image_perceiver` takes it.
        num_blocks: as `encode` takes it.
        interleaved: as `image_perceiver` takes it.
    """
    if num_cross_attends < 1 or num_blocks < 1:
        raise ValueError(
            "A Perceiver needs at least one cross-attend and one block. "
            f"Received: num_cross_attends={num_cross_attends}, "
            f"num_blocks={num_blocks}"
        )
    if interleaved and num_cross_attends > num_blocks:
        raise ValueError(
            "Interleaved cross-attends need a block for each. Set "
            f"num_blocks={num_cross_attends} or more, or interleaved=False to "
            "have all of them in front. Received: "
            f"num_cross_attends={num_cross_attends}, num_blocks={num_blocks}"
        )
