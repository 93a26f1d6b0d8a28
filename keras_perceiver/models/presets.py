"""Every published model by name; the numbers are in `published`."""

from keras_perceiver import errors
from keras_perceiver.models.published import audioset
from keras_perceiver.models.published import bert
from keras_perceiver.models.published import imagenet
from keras_perceiver.models.published import kinetics
from keras_perceiver.models.published import language
from keras_perceiver.models.published import optical_flow
from keras_perceiver.models.published import original_perceiver
from keras_perceiver.models.published import starcraft
from keras_perceiver.quiet import find_devices

_PRESETS = {
    **audioset.PRESETS,
    **bert.PRESETS,
    **imagenet.PRESETS,
    **kinetics.PRESETS,
    **language.PRESETS,
    **optical_flow.PRESETS,
    **original_perceiver.PRESETS,
    **starcraft.PRESETS,
}


def presets():
    """Returns every preset by name, as a new dictionary of `Preset`s."""
    return dict(_PRESETS)


def find_preset(name):
    """Returns the `Preset` of that name, or says which name is nearest."""
    if name not in _PRESETS:
        raise errors.unknown("preset", name, _PRESETS)
    return _PRESETS[name]


def check_overrides(name, overrides, valid):
    """Raises `ValueError` for an override that is not among `valid`."""
    for key in overrides:
        if key not in valid:
            raise errors.unknown(f"override of preset {name!r}:", key, valid)


def from_preset(name, **overrides):
    """Builds a published model, or one like it with other numbers.

    Args:
        name: a name in `presets()`, such as `"language_bytes"`.
        **overrides: any argument of the preset's builder, such as
            `num_latents=128` or `dtype="mixed_bfloat16"`.

    Returns:
        A functional `keras.Model` with fresh weights. Perceivers have the
        views `encode` and `decode`; the plain transformers have none.

    Raises:
        ValueError: if the name or an override is unknown; the message names
            the nearest valid one.
    """
    preset = find_preset(name)
    check_overrides(name, overrides, preset.arguments)
    find_devices()
    model = preset.builder(**{**preset.settings, **overrides})
    # Past Keras's tracking: what `save_pretrained` writes down.
    object.__setattr__(model, "preset_name", name)
    object.__setattr__(model, "preset_overrides", overrides)
    return model
