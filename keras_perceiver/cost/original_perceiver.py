"""What the original Perceivers cost."""

import functools

from keras_perceiver.cost.blocks import cross_attend
from keras_perceiver.cost.blocks import self_attends
from keras_perceiver.cost.heads import mean_head
from keras_perceiver.cost.images import fourier_pixels
from keras_perceiver.cost.inputs import fourier_channels


def image_perceiver(trace, *, image_shape, num_bands, num_classes, **iteration):
    """What `models.image_perceiver` builds."""
    inputs = fourier_pixels(trace, image_shape, num_bands)
    mean_head(trace, _iterate(trace, inputs, **iteration), num_classes)


def point_perceiver(
    trace, *, num_points, num_bands, max_resolution, num_classes, **iteration
):
    """What `models.point_perceiver` builds."""
    num_dimensions = len(max_resolution)
    with trace.part("preprocessing"):
        inputs = trace.operation(
            [trace.given(num_points, num_dimensions)],
            num_points,
            fourier_channels(num_dimensions, num_bands),
        )
    mean_head(trace, _iterate(trace, inputs, **iteration), num_classes)


def _iterate(
    trace,
    inputs,
    *,
    num_latents,
    latent_dim,
    num_self_attends_per_block,
    num_cross_attends,
    share_cross_attention,
    share_self_attention,
    interleaved,
    num_blocks,
    num_cross_attention_heads,
    num_self_attention_heads,
    qk_channels,
    v_channels,
    widening_factor,
    cross_attention_widening_factor,
    encoder_query_residual,
    dropout,
    rematerialize,
):
    """What the original Perceivers read and process, in their order."""
    shared = {
        "qk_channels": qk_channels,
        "v_channels": v_channels,
        "dropout": dropout,
    }
    read = functools.partial(
        cross_attend,
        num_heads=num_cross_attention_heads,
        widening_factor=cross_attention_widening_factor,
        query_residual=encoder_query_residual,
        **shared,
    )
    process = functools.partial(
        self_attends,
        num_layers=num_self_attends_per_block,
        rematerialize=rematerialize,
        num_heads=num_self_attention_heads,
        widening_factor=widening_factor,
        **shared,
    )
    with trace.part("encoder"):
        latents = trace.learned(num_latents, latent_dim)
    for place in range(num_blocks):
        for i in range(num_cross_attends):
            if place != i * num_blocks // num_cross_attends * interleaved:
                continue
            own = i < 2 or not share_cross_attention
            with trace.part("encoder"), trace.repeated(1, int(own)):
                latents = read(trace, latents, inputs)
        own = place == 0 or not share_self_attention
        with trace.part("processor"), trace.repeated(1, int(own)):
            latents = process(trace, latents)
    return latents
