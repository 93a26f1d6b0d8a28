"""First weights for a model from those of another: what `--from` names."""

import re

from keras_perceiver.convert import load_pretrained
from keras_perceiver.convert.checkpoint import load_read_checkpoint
from keras_perceiver.convert.describe import WITHOUT_TRACE
from keras_perceiver.convert.describe import describe_checkpoint
from keras_perceiver.convert.restricted_pickle import DEFAULT_MAX_BYTES
from keras_perceiver.convert.sources import CONFIG_FILE
from keras_perceiver.convert.sources import read_checkpoint
from keras_perceiver.convert.take_over import take_over
from keras_perceiver.models import from_preset
from recipes.setting_types import as_text
from recipes.settings import ModelSettings
from recipes.settings import key_of
from recipes.settings import resolved

# What may be another without a word: it changes neither the shape of what is
# taken over nor what that computes.
_FREE = (
    "dtype",
    "dropout",
    "rematerialize",
    "embedding_stddev",
    "position_stddev",
    "num_classes",
    "task_outputs",
)


def open_start(path, model=None):
    """Builds the model that `--from` names, with its weights.

    Args:
        path: a `save_pretrained` folder, a file that DeepMind pickled, or a
            folder of Hugging Face.
        model: a model from `from_preset` that says what the shapes in a
            DeepMind file do not, such as numbers of heads; None for the
            published ones.

    Returns:
        The model.

    Raises:
        ValueError: if it is an address, or cannot be read safely.
        OSError: if nothing is there.
    """
    if re.match(r"(hf|https?):/", str(path)):
        raise ValueError(
            "--from reads files and folders. Fetch a published checkpoint "
            "first, with its SHA-256: keras-perceiver convert ADDRESS FOLDER "
            "--sha256 HASH, then --from FOLDER. Received: --from "
            f"{path}"
        )
    if path.is_dir() and not (path / CONFIG_FILE).is_file():
        return load_pretrained(path)
    checkpoint = read_checkpoint(path, max_bytes=DEFAULT_MAX_BYTES)
    preset, sizes = describe_checkpoint(checkpoint)
    published = resolved(ModelSettings(preset))
    untold = {
        name: value
        for name, value in (_settings_of(model) if model else {}).items()
        if name in WITHOUT_TRACE and name in published
    }
    source = from_preset(preset, **{**untold, **sizes})
    load_read_checkpoint(source, checkpoint)
    return source


def load_start(recipe, model, source, path):
    """Sets a model's first weights, and says what is not taken over.

    Args:
        recipe: the `Recipe`, which names the layers that may begin anew and
            those that may go unused.
        model: the model.
        source: what `open_start` returned.
        path: what it was read from.

    Returns:
        The names of the layers that begin anew.

    Raises:
        ValueError: if the weights do not fit; the message says which
            settings of the model are others than the source's.
    """
    differing = differing_settings(model, source)
    flags = " ".join(
        f"--{key_of(('model', name))} {as_text(theirs)}"
        for name, (_, theirs) in differing.items()
    )
    try:
        anew, unused = take_over(
            model, source, path, head=recipe.head, unused=recipe.unused
        )
    except ValueError as error:
        if not flags:
            raise
        raise ValueError(
            f"{error}\nThe weights come from a model with other settings. To "
            f"build the same: {flags}"
        ) from None
    for name in anew:
        shapes = ", ".join(
            str(tuple(weight.shape)) for weight in model.get_layer(name).weights
        )
        print(f"begins anew: {name} {shapes}")
    for name in unused:
        print(f"not taken over from {path}: {name}")
    if flags:
        print(f"the weights were trained with other settings: {flags}")
    return anew


def differing_settings(model, source):
    """Compares what two models from presets were built with.

    Args:
        model: one model.
        source: the other.

    Returns:
        A dictionary from the names of arguments that both have, and that
        matter to shared weights, to `(value of model, value of source)`,
        where these differ.
    """
    ours, theirs = _settings_of(model), _settings_of(source)
    return {
        name: (ours[name], theirs[name])
        for name in ours
        if name in theirs and name not in _FREE and ours[name] != theirs[name]
    }


def _settings_of(model):
    return resolved(ModelSettings(model.preset_name, model.preset_overrides))
