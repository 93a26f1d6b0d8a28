"""Asks an exported model on this disk."""

import json
import os
import pathlib

from keras_perceiver.quiet import quiet_start
from keras_perceiver.serving.check import find_saved_model

_FOR_EACH_MASK = ("mask_positions", "top_bytes", "top_probabilities")
# What a request is called in messages, by the one input that takes it.
_KINDS = {"text_bytes": "Text", "image_bytes": "Image"}
_READ = {
    # Bytes that are no UTF-8 reach a program as surrogates.
    "text_bytes": os.fsencode,
    "image_bytes": lambda name: pathlib.Path(name).read_bytes(),
}


def ask(path, requests):
    """Returns an export's answers to raw texts or images, as JSON.

    Args:
        path: the SavedModel, or the folder of all its versions, of which
            the highest answers.
        requests: texts, or the names of image files, one a row.

    Raises:
        ValueError: if `path` is no SavedModel that takes text or images, or
            it finds a problem with one.
        OSError: if an image file cannot be read.
    """
    import tensorflow as tf

    path = find_saved_model(path)
    with quiet_start():
        tf.config.list_logical_devices()
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    inputs = serve.structured_input_signature[1]
    name = next(iter(inputs))
    if len(inputs) > 1 or name not in _KINDS:
        raise ValueError(
            f"{path} takes {', '.join(sorted(inputs))}, not text alone or "
            "images alone. Ask it by tf.saved_model.load in Python."
        )
    answers = serve(**{name: tf.constant(list(map(_READ[name], requests)))})
    answers = {
        output: tensor.numpy().tolist() for output, tensor in answers.items()
    }
    for row, problem in enumerate(answers.pop("problem_bytes", [])):
        if problem:
            raise ValueError(
                f"{_KINDS[name]} {row + 1} of {len(requests)}: "
                f"{problem.decode()}"
            )
    rows = [
        _unpadded({output: values[row] for output, values in answers.items()})
        for row in range(len(requests))
    ]
    return json.dumps(_as_json(rows), indent=2)


def _unpadded(row):
    """One text's answers, without what stands behind its last mask."""
    count = sum(position >= 0 for position in row.get("mask_positions", []))
    return {
        name: value[:count] if name in _FOR_EACH_MASK else value
        for name, value in row.items()
    }


def _as_json(value):
    if isinstance(value, dict):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.decode(errors="replace") if isinstance(value, bytes) else value
