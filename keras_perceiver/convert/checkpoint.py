"""Published checkpoints into our models: all of them, or nothing."""

from keras_perceiver.convert import huggingface
from keras_perceiver.convert import huggingface_config
from keras_perceiver.convert import matching
from keras_perceiver.convert import naming
from keras_perceiver.convert import position_tables
from keras_perceiver.convert import sources
from keras_perceiver.convert.restricted_pickle import DEFAULT_MAX_BYTES
from keras_perceiver.models.presets import find_preset


def load_checkpoint(
    model,
    source,
    *,
    sha256=None,
    interpolate_positions=False,
    max_bytes=DEFAULT_MAX_BYTES,
):
    """Sets every weight of a model from a published checkpoint, or none.

    Nothing in the file is run: pickles are read by names that are allowed,
    and neither Haiku, JAX nor PyTorch is needed.

    Args:
        model: a model of a preset that was released, such as
            `from_preset("language_bytes")`.
        source: a file pickled by DeepMind; a folder of Hugging Face with
            `config.json` and `model.safetensors` or `pytorch_model.bin`;
            `"hf://deepmind/language-perceiver"`; or the https address of a
            DeepMind file.
        sha256: what the file has to have; a dictionary by file name for a
            folder and for `hf://`. Without it nothing is downloaded.
        interpolate_positions: whether learned positions of another length
            are interpolated to the model's: of tokens linearly, of images
            bicubically.
        max_bytes: the largest file that is read.

    Returns:
        The overrides with which a preset answers as the checkpoint's own
        library does, as far as the model does not have them. For DeepMind's
        files there are none. For Hugging Face's they are also printed.

    Raises:
        ValueError: if a weight or a tensor is missing, unknown, or of
            another shape (the message lists all differences), if the file is
            of another family of models, or if it cannot be read safely. The
            model keeps its weights.
        OSError: if the file is not there or cannot be downloaded.
    """
    checkpoint = sources.read_checkpoint(
        source, sha256=sha256, max_bytes=max_bytes
    )
    return load_read_checkpoint(
        model, checkpoint, interpolate_positions=interpolate_positions
    )


def load_read_checkpoint(model, checkpoint, *, interpolate_positions=False):
    """The same for what `sources.read_checkpoint` gave."""
    _check_family(model, checkpoint)
    matching.refuse_what_is_not_finite(checkpoint.tensors, checkpoint.where)
    form = checkpoint.form
    values = matching.match(
        model,
        naming.sources_of(model, form.FAMILIES[model.name], form.SCHEME),
        checkpoint.tensors,
        checkpoint.where,
        is_ignored=form.is_ignored,
        tables=position_tables.PositionTables(
            position_tables.grids_of(model), interpolate_positions
        ),
    )
    casts = matching.describe_casts(checkpoint.tensors)
    if casts:
        print(casts)
    matching.assign(model, values)
    return _overrides_of_form(model, checkpoint)


def _check_family(model, checkpoint):
    families = checkpoint.form.FAMILIES
    found = checkpoint.family
    if model.name == found:
        return
    if model.name not in families:
        published = ", ".join(
            sorted(family.preset for family in families.values())
        )
        raise ValueError(
            f"There are no {checkpoint.form.NAME} checkpoints of models like "
            f"{model.name!r}. There are of: {published}."
        )
    raise ValueError(
        f"{checkpoint.where} holds a {checkpoint.form.NAME} checkpoint of a "
        f"{found}. Received: a {model.name}. Build the model with "
        f"from_preset({families[found].preset!r}, ...)."
    )


def _overrides_of_form(model, checkpoint):
    """What is left to do to answer as the checkpoint's library; says so."""
    if checkpoint.form is not huggingface:
        return {}
    settings = _settings_of(model)
    overrides = {
        name: value
        for name, value in huggingface_config.form(
            model.name, checkpoint.config
        ).items()
        if settings.get(name) != value
    }
    if overrides:
        listing = ", ".join(f"{key}={overrides[key]!r}" for key in overrides)
        print(
            "The weights are loaded into DeepMind's form of the model. To "
            "answer as Hugging Face's port does, build it with these "
            f"overrides: {listing}"
        )
    return overrides


def _settings_of(model):
    """What the model was built with, as far as it says so."""
    if not hasattr(model, "preset_name"):
        return {}
    published = find_preset(model.preset_name).arguments
    return {**published, **model.preset_overrides}
