"""The command `keras-perceiver convert`: a checkpoint into a folder."""

import pathlib

from keras_perceiver.convert import deepmind
from keras_perceiver.convert.checkpoint import load_read_checkpoint
from keras_perceiver.convert.describe import WITHOUT_TRACE
from keras_perceiver.convert.describe import describe_checkpoint
from keras_perceiver.convert.pretrained import save_pretrained
from keras_perceiver.convert.restricted_pickle import DEFAULT_MAX_BYTES
from keras_perceiver.convert.sources import read_checkpoint
from keras_perceiver.models.presets import find_preset
from keras_perceiver.models.presets import from_preset
from keras_perceiver.overrides import read_overrides


def convert(
    source,
    folder,
    *,
    preset=None,
    overrides=(),
    sha256=(),
    interpolate_positions=False,
    max_bytes=None,
):
    """Writes a published checkpoint as a folder for `load_pretrained`.

    Args:
        source: what `load_checkpoint` takes.
        folder: where to.
        preset: the preset to build, or None for the one that was released.
        overrides: texts such as `"image_shape=(320, 320, 3)"`.
        sha256: hashes, or texts such as `"config.json=HASH"`.
        interpolate_positions: as for `load_checkpoint`.
        max_bytes: as for `load_checkpoint`.

    Raises:
        ValueError: if anything does not fit; nothing is written then.
        OSError: if the source is not there or `folder` is a file.
    """
    if pathlib.Path(folder).exists() and not pathlib.Path(folder).is_dir():
        raise FileExistsError(f"{folder} is a file. Wanted: a folder.")
    if preset is not None:
        find_preset(preset)
    checkpoint = read_checkpoint(
        source, sha256=_hashes(sha256), max_bytes=max_bytes or DEFAULT_MAX_BYTES
    )
    name, sizes = describe_checkpoint(checkpoint, preset)
    overrides = read_overrides(name, overrides, find_preset(name).arguments)
    if checkpoint.form is deepmind and sizes:
        _tell_what_shapes_do_not(name, overrides)
    model = from_preset(name, **{**sizes, **overrides})
    load_read_checkpoint(
        model, checkpoint, interpolate_positions=interpolate_positions
    )
    save_pretrained(model, folder)
    print(
        f"{folder} holds {name} with {model.count_params():,} parameters from "
        f"{checkpoint.where}. Load it with "
        f"keras_perceiver.convert.load_pretrained({str(folder)!r})."
    )


def _tell_what_shapes_do_not(preset, overrides):
    """Other sizes than the published: their heads may be others too."""
    published = find_preset(preset).arguments
    taken = ", ".join(
        f"{name}={published[name]}"
        for name in WITHOUT_TRACE
        if name in published and name not in overrides
    )
    if taken:
        print(
            "The sizes are told from the file's shapes. These leave no trace "
            f"in shapes and are the preset's: {taken}. If the model had "
            "others, say so with --override."
        )


def _hashes(texts):
    """One hash, or hashes by file name, or None."""
    pairs = [text.rpartition("=") for text in texts]
    if len(pairs) == 1 and not pairs[0][1]:
        return texts[0]
    if not all(separator for _, separator, _ in pairs):
        raise ValueError(
            "Several files need their names: --sha256 config.json=HASH "
            f"--sha256 model.safetensors=HASH. Received: {', '.join(texts)}"
        )
    return {name: value for name, _, value in pairs} or None
