"""The sizes of a model, told from the shapes of its checkpoint.

Heads, blocks, image sizes and resolutions leave no trace in a shape: they
are the preset's.
"""

import math

from keras_perceiver.convert.deepmind import MAX_STEM_LAYERS
from keras_perceiver.convert.deepmind import STEM
from keras_perceiver.convert.deepmind import numbered

_COLORS = 3
# Patches of 4 x 4 pixels, as released; the rest are positions.
_VIDEO_PATCH_CHANNELS = 4 * 4 * _COLORS


def sizes(family_name, family, tensors):
    """The sizes that a checkpoint's shapes tell.

    Args:
        family_name: the name of the family of models.
        family: its `naming.Family`.
        tensors: the checkpoint's arrays by name.

    Returns:
        A dictionary of overrides of the family's preset.

    Raises:
        KeyError: if a tensor is missing.
    """
    shapes = _Shapes(family, tensors)
    result = _encoder(shapes)
    if family.decoder:
        result["decoder_qk_channels"], result["decoder_v_channels"] = (
            shapes.widths(family.decoder)
        )
    for part in _PARTS[family_name]:
        result |= part(shapes)
    return result


class _Shapes:
    """Shapes by our names of weights, or by theirs.

    Args:
        family: the `naming.Family`.
        tensors: arrays by name.
    """

    def __init__(self, family, tensors):
        self.family = family
        self._tensors = tensors

    def of(self, key):
        return self._tensors[key].shape

    def ours(self, path):
        return self.of(self.family.others[path].key)

    def has(self, key):
        return key in self._tensors

    def widths(self, block):
        """Widths of scores and of values."""
        return tuple(
            self.of(f"{block}/attention/{name}/w")[-1]
            for name in ("linear", "linear_2")
        )

    def widening(self, block):
        channels, hidden = self.of(f"{block}/mlp/linear/w")
        return hidden // channels

    @property
    def input_channels(self):
        """C: what the encoder reads."""
        cross = f"{self.family.encoder}cross_attention"
        return self.of(f"{cross}/attention/linear_1/w")[0]


def _encoder(shapes):
    prefix = shapes.family.encoder
    cross, self_attend = f"{prefix}cross_attention", f"{prefix}self_attention"
    num_latents, latent_dim = shapes.of(shapes.family.latents)
    layers = 0
    while shapes.has(f"{numbered(self_attend, layers)}/layer_norm/scale"):
        layers += 1
    qk, v = shapes.widths(cross)
    self_qk, self_v = shapes.widths(self_attend)
    return {
        "num_latents": num_latents,
        "latent_dim": latent_dim,
        "num_self_attends_per_block": layers,
        # Each as wide as what it reads, unless both are as wide as is said.
        "qk_channels": None
        if (qk, self_qk) == (shapes.input_channels, latent_dim)
        else qk,
        "v_channels": None if (v, self_v) == (qk, self_qk) else v,
        "widening_factor": shapes.widening(self_attend),
        "cross_attention_widening_factor": shapes.widening(cross),
    }


def _language(shapes):
    vocabulary_size, embedding_dim = shapes.ours("token_embedding/embeddings")
    return {
        "vocabulary_size": vocabulary_size,
        "embedding_dim": embedding_dim,
        "max_length": shapes.ours("input_positions/array")[0],
    }


def _classes(shapes):
    return {"num_classes": shapes.ours("logits/kernel")[1]}


def _query(shapes):
    return {"query_dim": shapes.ours("output_query/array")[1]}


def _bands(channels, dimensions):
    """K of `d (2 K + 1)` channels."""
    return (channels // dimensions - 1) // 2


def _pixels(shapes):
    return {"num_bands": _bands(shapes.input_channels - _COLORS, 2)}


def _learned(shapes):
    positions, position_dim = shapes.ours("input_positions/array")
    side = math.isqrt(positions)
    return {
        # Of images that are not square only the user knows the shape.
        **(
            {"image_shape": (side, side, _COLORS)}
            if side**2 == positions
            else {}
        ),
        "position_dim": position_dim,
        "position_projection_dim": shapes.ours("position_projection/kernel")[1],
        "pixel_projection_dim": shapes.ours("pixel_projection/bias")[0],
    }


def _conv(shapes):
    layers = sum(
        shapes.has(f"{STEM}/{numbered('conv', i)}/w")
        for i in range(MAX_STEM_LAYERS)
    )
    channels = shapes.ours("conv_stem/conv_0/kernel")[-1]
    return {
        "stem_channels": channels,
        "num_stem_layers": layers,
        "num_bands": _bands(shapes.input_channels - channels, 2),
    }


def _flow(shapes):
    patches, projection_dim = shapes.ours("patch_projection/kernel")
    return {
        # Two frames of squares of pixels.
        "patch_size": math.isqrt(patches // (2 * _COLORS)),
        "projection_dim": projection_dim,
        "num_bands": _bands(shapes.input_channels - projection_dim, 2),
    }


def _autoencoder(shapes):
    names = ("audio", "video", "label")
    paddings = {
        name: shapes.ours(f"{name}_padding/padding")[-1] for name in names
    }
    samples = shapes.ours("audio_output/kernel")[1]
    audio = shapes.input_channels - paddings["audio"] - samples
    video = shapes.input_channels - paddings["video"] - _VIDEO_PATCH_CHANNELS
    return {
        "num_classes": shapes.ours("label_output/kernel")[1],
        "samples_per_patch": samples,
        "audio_num_bands": _bands(audio, 1),
        "video_num_bands": _bands(video, 3),
        "label_query_dim": shapes.ours("label_query/array")[1],
        "decoder_output_dim": shapes.ours("decoder_output/kernel")[1],
        "min_padding": min(paddings.values()),
        "query_min_padding": min(
            shapes.ours(f"{name}_query_padding/padding")[-1] for name in names
        ),
    }


_PARTS = {
    "language": (_language,),
    "fourier_image_classifier": (_classes, _query, _pixels),
    "fourier_mean_classifier": (_classes, _pixels),
    "learned_image_classifier": (_classes, _query, _learned),
    "learned_mean_classifier": (_classes, _learned),
    "conv_image_classifier": (_classes, _query, _conv),
    "conv_mean_classifier": (_classes, _conv),
    "patch_flow": (_flow,),
    "autoencoder": (_autoencoder,),
}
