"""The same model with positions that know nothing of the grid."""

import dataclasses

from keras_perceiver.models.presets import find_preset
from recipes.settings import ModelSettings
from recipes.settings import resolved

PRESET = "imagenet_learned"


def with_learned_positions(configuration):
    """Returns a configuration whose model learns a vector for each pixel.

    Latents, depth and decoder stay. Pixels and positions are together as wide
    as the latents, half and half, as in the published model's inputs.

    Args:
        configuration: of any of the image presets.
    """
    numbers = resolved(configuration.model)
    taken = find_preset(PRESET).arguments
    half = numbers["latent_dim"] // 2
    overrides = {
        **{key: value for key, value in numbers.items() if key in taken},
        "pixel_projection_dim": half,
        "position_dim": half,
        "position_projection_dim": half,
        "decoder_query_residual": taken["decoder_query_residual"],
    }
    return dataclasses.replace(
        configuration, model=ModelSettings(PRESET, overrides)
    )
