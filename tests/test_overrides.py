"""Overrides as words of a command line."""

import pytest

from keras_perceiver import presets
from keras_perceiver.overrides import read_overrides

KNOWN = presets()["imagenet_fourier"].arguments


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("num_latents=128", 128),
        ("qk_channels=None", None),
        ("qk_channels=64", 64),
        ("encoder_query_residual=False", False),
        ("image_shape=32,64,3", (32, 64, 3)),
        ("max_resolution=(8, 9)", (8, 9)),
        ("dropout=0", 0),
        ("dropout=0.5", 0.5),
        ("dtype=mixed_bfloat16", "mixed_bfloat16"),
        ("encoder_query_residual=false", False),
        ("qk_channels=null", None),
        ("image_shape=[32, 64, 3]", (32, 64, 3)),
    ],
)
def test_values_are_read(text, value):
    name = text.partition("=")[0]
    assert read_overrides("imagenet_fourier", [text], KNOWN) == {name: value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("num_latents", "written NAME=VALUE.*Received: 'num_latents'"),
        ("num_latent=3", "'num_latent'. Did you mean 'num_latents'?"),
        ("num_latents=3.5", "type int. Received: '3.5'"),
        ("image_shape=3", "type tuple. Received: '3'"),
        ("num_latents=__import__('os')", "type int"),
    ],
)
def test_mistakes_are_told(text, message):
    with pytest.raises(ValueError, match=message):
        read_overrides("imagenet_fourier", [text], KNOWN)
