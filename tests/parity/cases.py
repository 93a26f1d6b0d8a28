"""The sizes at which each family is compared."""

import dataclasses

import numpy as np

from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver.convert import load_checkpoint
from tests.parity import families
from tests.parity import torch_models


@dataclasses.dataclass(frozen=True)
class Case:
    """A family of models at one size.

    Attributes:
        name: what the family is called here.
        size: what the size is called.
        family: a class of `families`.
        overrides: how our settings differ from the published ones.
        as_it_is: whether Hugging Face's class is left alone, or put together
            anew with numbers that it cannot have.
        batch: number of examples.
    """

    name: str
    size: str
    family: type
    overrides: dict
    as_it_is: bool = False
    batch: int = 3

    @property
    def settings(self):
        return {**presets()[self.family.preset].arguments, **self.overrides}

    def smaller(self, **overrides):
        """The same with some numbers changed."""
        return dataclasses.replace(
            self, overrides={**self.overrides, **overrides}
        )

    def inputs(self, seed=0):
        rng = np.random.default_rng(seed)
        return self.family.draw(self.settings, rng, self.batch)

    def theirs(self):
        """Hugging Face's model with random weights."""
        return torch_models.build(
            self.family.theirs, self.settings, self.as_it_is
        )

    def ours(self, folder):
        """Our model of Hugging Face's form, with the weights of a folder.

        The form is what `load_checkpoint` says, and nothing else.
        """
        model = from_preset(self.family.preset, **self.overrides)
        form = load_checkpoint(model, folder)
        model = from_preset(self.family.preset, **self.overrides, **form)
        assert load_checkpoint(model, folder) == {}
        return model


def name_of(case):
    """What pytest calls a case."""
    return f"{case.name}-{case.size}"


_ENCODER = {
    "num_latents": 5,
    "latent_dim": 12,
    "num_blocks": 2,
    "num_self_attends_per_block": 2,
    "num_cross_attention_heads": 1,
    "num_self_attention_heads": 3,
}
_DECODER = {"decoder_qk_channels": 8, "decoder_v_channels": 6}
_IMAGES = {
    **_ENCODER,
    **_DECODER,
    "image_shape": (13, 18, 3),
    "num_classes": 7,
    "query_dim": 10,
    "num_decoder_heads": 2,
}
_BANDS = {"num_bands": 4, "max_resolution": (11, 15)}

# Put together by hand: every width, grid and number of heads is its own.
TINY = (
    Case(
        "language",
        "tiny",
        families.Language,
        {
            **_ENCODER,
            **_DECODER,
            "vocabulary_size": 29,
            "max_length": 9,
            "embedding_dim": 16,
            "num_cross_attention_heads": 2,
            "num_decoder_heads": 2,
            "qk_channels": 6,
            "v_channels": 12,
            "widening_factor": 2,
            "cross_attention_widening_factor": 3,
        },
    ),
    Case("fourier", "tiny", families.FourierImages, {**_IMAGES, **_BANDS}),
    Case(
        "learned",
        "tiny",
        families.LearnedImages,
        {
            **_IMAGES,
            "pixel_projection_dim": 8,
            "position_dim": 8,
            "position_projection_dim": 6,
        },
    ),
    Case(
        "conv",
        "tiny",
        families.ConvImages,
        {
            **_IMAGES,
            **_BANDS,
            "image_shape": (26, 35, 3),
            "max_resolution": (6, 8),
            "stem_channels": 5,
        },
    ),
    Case(
        "flow",
        "tiny",
        families.OpticalFlow,
        {
            **_ENCODER,
            **_DECODER,
            **_BANDS,
            "image_shape": (8, 11, 3),
            "projection_dim": 7,
        },
    ),
    Case(
        "autoencoder",
        "tiny",
        families.Autoencoder,
        {
            **_ENCODER,
            **_DECODER,
            "video_shape": (2, 8, 12, 3),
            "num_audio_samples": 40,
            "num_classes": 9,
            "samples_per_patch": 5,
            "video_num_bands": 3,
            "video_max_resolution": (2, 4, 3),
            "audio_num_bands": 4,
            "audio_max_resolution": (40,),
            "min_padding": 3,
            "query_min_padding": 2,
            "label_query_dim": 14,
            "decoder_output_dim": 11,
        },
    ),
)

# The classes themselves, small as far as their configuration goes.
_SMALL = {
    "num_latents": 5,
    "latent_dim": 16,
    "num_self_attends_per_block": 1,
    "num_blocks": 2,
    "num_self_attention_heads": 4,
}
_SMALL_IMAGES = {
    **_SMALL,
    "num_classes": 7,
    "query_dim": 16,
    "decoder_qk_channels": None,
    "decoder_v_channels": None,
}
SMALL = (
    Case(
        "language",
        "small",
        families.Language,
        {
            **_SMALL,
            "max_length": 9,
            "embedding_dim": 16,
            "qk_channels": 8,
            "v_channels": 16,
            "decoder_v_channels": 16,
        },
        as_it_is=True,
    ),
    Case(
        "fourier",
        "small",
        families.FourierImages,
        {**_SMALL_IMAGES, "image_shape": (6, 9, 3)},
        as_it_is=True,
    ),
    Case(
        "learned",
        "small",
        families.LearnedImages,
        {**_SMALL_IMAGES, "image_shape": (6, 6, 3)},
        as_it_is=True,
    ),
    Case(
        "conv",
        "small",
        families.ConvImages,
        {
            **_SMALL_IMAGES,
            "image_shape": (20, 28, 3),
            "encoder_query_residual": False,
        },
        as_it_is=True,
    ),
    Case(
        "flow",
        "small",
        families.OpticalFlow,
        {
            **_SMALL,
            "image_shape": (6, 9, 3),
            "max_resolution": (6, 9),
            "decoder_qk_channels": None,
            "decoder_v_channels": None,
        },
        as_it_is=True,
    ),
    Case(
        "autoencoder",
        "small",
        families.Autoencoder,
        {
            **_SMALL,
            "video_shape": (2, 8, 8, 3),
            "num_audio_samples": 64,
            "num_classes": 9,
            "video_max_resolution": (2, 2, 2),
            "audio_max_resolution": (64,),
            "decoder_output_dim": 16,
        },
        as_it_is=True,
    ),
)

PUBLISHED = tuple(
    Case(name, "published", family, {}, as_it_is=True, batch=1)
    for name, family in (
        ("language", families.Language),
        ("fourier", families.FourierImages),
        ("learned", families.LearnedImages),
        ("conv", families.ConvImages),
        ("flow", families.OpticalFlow),
        ("autoencoder", families.Autoencoder),
    )
)
