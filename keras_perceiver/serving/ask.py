"""Asks an exported model on this disk."""

import json
import os

from keras_perceiver.quiet import quiet_start
from keras_perceiver.serving.check import find_saved_model

_FOR_EACH_MASK = ("mask_positions", "top_bytes", "top_probabilities")


def ask(path, requests):
    """Returns an export's answers to raw texts, as JSON.

    Args:
        path: the SavedModel, or the folder of all its versions, of which
            the highest answers.
        requests: texts, one a row.

    Raises:
        ValueError: if `path` is no SavedModel that takes text, or it finds a
            problem with a text.
    """
    import tensorflow as tf

    path = find_saved_model(path)
    with quiet_start():
        tf.config.list_logical_devices()
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    inputs = serve.structured_input_signature[1]
    if set(inputs) != {"text_bytes"}:
        raise ValueError(
            f"{path} takes {', '.join(sorted(inputs))}, not text alone."
        )
    # Bytes that are no UTF-8 reach a program as surrogates.
    texts = tf.constant([os.fsencode(request) for request in requests])
    answers = serve(text_bytes=texts)
    answers = {
        name: tensor.numpy().tolist() for name, tensor in answers.items()
    }
    for row, problem in enumerate(answers.pop("problem_bytes", [])):
        if problem:
            raise ValueError(
                f"Text {row + 1} of {len(requests)}: {problem.decode()}"
            )
    rows = [
        _unpadded({name: values[row] for name, values in answers.items()})
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
