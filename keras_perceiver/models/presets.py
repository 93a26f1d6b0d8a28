"""Every published model by name, with its numbers."""

import dataclasses
from collections.abc import Callable

from keras_perceiver import errors
from keras_perceiver.models.language import language


@dataclasses.dataclass(frozen=True)
class Preset:
    """One published model.

    Attributes:
        builder: the function that builds it.
        settings: the numbers that it was published with.
        parameters: trainable parameters with these settings.
        source: where it was published.
    """

    builder: Callable
    settings: dict
    parameters: int
    source: str


_LANGUAGE_BYTES = {
    "vocabulary_size": 262,
    "max_length": 2048,
    "embedding_dim": 768,
    "num_latents": 256,
    "latent_dim": 1280,
    "num_blocks": 1,
    "num_self_attends_per_block": 26,
    "num_cross_attention_heads": 8,
    "num_self_attention_heads": 8,
    "num_decoder_heads": 8,
    "qk_channels": 256,
    "v_channels": 1280,
    "decoder_qk_channels": 256,
    "decoder_v_channels": 768,
    "widening_factor": 1,
    "encoder_query_residual": True,
    "decoder_query_residual": False,
    "gelu_approximate": True,
    "dropout": 0.0,
}

_PRESETS = {
    "language_bytes": Preset(
        language,
        _LANGUAGE_BYTES,
        201_108_230,
        "Perceiver IO, table 1 and 11 (UTF-8 bytes)",
    ),
    "language_bytes_plus_plus": Preset(
        language,
        {
            **_LANGUAGE_BYTES,
            "latent_dim": 1536,
            "num_self_attends_per_block": 40,
            "v_channels": 1536,
        },
        425_607_430,
        "Perceiver IO, table 1 and 11 (Perceiver IO++); head counts are "
        "those of the released model, the paper gives none",
    ),
}


def presets():
    """Returns every preset by name, as a new dictionary of `Preset`s."""
    return dict(_PRESETS)


def find_preset(name):
    """Returns the `Preset` of that name, or says which name is nearest."""
    if name not in _PRESETS:
        raise errors.unknown("preset", name, _PRESETS)
    return _PRESETS[name]


def from_preset(name, **overrides):
    """Builds a published model, or one like it with other numbers.

    Args:
        name: a name in `presets()`, such as `"language_bytes"`.
        **overrides: any argument of the preset's builder, such as
            `num_latents=128` or `dtype="mixed_bfloat16"`.

    Returns:
        A functional `keras.Model` with fresh weights and the views `encode`
        and `decode`.

    Raises:
        ValueError: if the name or an override is unknown; the message names
            the nearest valid one.
    """
    preset = find_preset(name)
    valid = preset.builder.__kwdefaults__.keys() | preset.settings.keys()
    for key in overrides:
        if key not in valid:
            raise errors.unknown(f"override of preset {name!r}:", key, valid)
    model = preset.builder(**{**preset.settings, **overrides})
    # Past Keras's tracking: what `save_pretrained` writes down.
    object.__setattr__(model, "preset_name", name)
    object.__setattr__(model, "preset_overrides", overrides)
    return model
