"""Which preset with which overrides a checkpoint fits."""

import pathlib

from keras_perceiver.convert import deepmind_sizes
from keras_perceiver.convert import huggingface
from keras_perceiver.convert import huggingface_config
from keras_perceiver.convert import tensor_files
from keras_perceiver.models.presets import find_preset

# What the shapes in a file of DeepMind do not tell.
WITHOUT_TRACE = (
    "num_blocks",
    "num_cross_attention_heads",
    "num_self_attention_heads",
    "num_decoder_heads",
    "max_resolution",
    "video_max_resolution",
    "audio_max_resolution",
)


def read_huggingface_config(path):
    """Says which preset with which overrides a Hugging Face folder fits.

    ```python
    preset, overrides = read_huggingface_config(folder)
    model = from_preset(preset, **overrides)
    load_checkpoint(model, folder)
    ```

    Args:
        path: the folder, or its `config.json`.

    Returns:
        The preset's name, and a dictionary of those overrides of its sizes
        that differ from its settings.

    Raises:
        ValueError: if it is no configuration of a model that is known here.
        OSError: if it is not there.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        path = path / "config.json"
    config = tensor_files.read_json(path)
    huggingface_config.check(config, path)
    family = huggingface_config.family_of(config, path)
    preset = huggingface.FAMILIES[family].preset
    sizes = huggingface_config.sizes(family, config)
    return preset, _differing(sizes, preset)


def describe_checkpoint(checkpoint, preset=None):
    """Says which preset with which overrides a checkpoint fits.

    Hugging Face's numbers are in its `config.json`. DeepMind's are told from
    the shapes; heads, blocks, image sizes and resolutions leave no trace
    there and are the preset's.

    Args:
        checkpoint: what `sources.read_checkpoint` gave.
        preset: the name of a preset, instead of the one that was released.

    Returns:
        As of `read_huggingface_config`.

    Raises:
        ValueError: if the sizes cannot be told.
    """
    family = checkpoint.form.FAMILIES[checkpoint.family]
    preset = preset or family.preset
    if checkpoint.form is huggingface:
        if checkpoint.config is None:
            raise ValueError(
                f"{checkpoint.where} comes without a config.json, which has "
                "the numbers of heads and blocks. Fetch it too."
            )
        sizes = huggingface_config.sizes(checkpoint.family, checkpoint.config)
        return preset, _differing(sizes, preset)
    try:
        sizes = deepmind_sizes.sizes(
            checkpoint.family, family, checkpoint.tensors
        )
    except (KeyError, ValueError, IndexError) as error:
        raise ValueError(
            f"{checkpoint.where} is not whole: its sizes cannot be told "
            f"({error})."
        ) from None
    return preset, _differing(sizes, preset)


def _differing(sizes, preset):
    """Those sizes that are not the preset's anyway."""
    published = find_preset(preset).arguments
    before, after = _filled(published), _filled({**published, **sizes})
    return {
        key: value
        for key, value in sizes.items()
        if key not in before or before[key] != after[key]
    }


def _filled(settings):
    """Settings with the decoder's widths written out, as `decoder` does."""
    widths = {
        key: settings.get(key) or settings["latent_dim"]
        for key in ("decoder_qk_channels", "decoder_v_channels")
    }
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in {**settings, **widths}.items()
    }
