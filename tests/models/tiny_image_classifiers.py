"""Small image classifiers, by the names of their builders."""

import pytest

from keras_perceiver import models
from tests.random_values import random_array
from tests.random_values import randomize

ENCODER = {
    "image_shape": (8, 12, 3),
    "num_classes": 5,
    "num_latents": 4,
    "latent_dim": 12,
    "num_self_attends_per_block": 2,
    "num_blocks": 2,
    "num_self_attention_heads": 3,
}

FOURIER = {**ENCODER, "num_bands": 3, "max_resolution": (6, 10)}

LEARNED = {
    **ENCODER,
    "pixel_projection_dim": 6,
    "position_dim": 5,
    "position_projection_dim": 7,
}

CONV = {
    **FOURIER,
    "image_shape": (13, 18, 3),
    "stem_channels": 6,
}

QUERY = {"query_dim": 10, "decoder_qk_channels": 8, "decoder_v_channels": 6}

SETTINGS = {
    "fourier_image_classifier": {**FOURIER, **QUERY},
    "learned_image_classifier": {**LEARNED, **QUERY},
    "conv_image_classifier": {**CONV, **QUERY},
    "fourier_mean_classifier": FOURIER,
    "learned_mean_classifier": LEARNED,
    "conv_mean_classifier": CONV,
}

EVERY = pytest.mark.parametrize("name", SETTINGS)

CONVOLUTIONAL = pytest.mark.parametrize(
    "name", ["conv_image_classifier", "conv_mean_classifier"]
)


def fresh(name, **settings):
    return getattr(models, name)(**{**SETTINGS[name], **settings})


def tiny(name, **settings):
    model = fresh(name, **settings)
    randomize(model)
    return model


def images_of(model, number=3):
    return random_array(number, *model.input.shape[1:])
