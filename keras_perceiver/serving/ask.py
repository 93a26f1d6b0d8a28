"""Asks an exported model on this disk."""

import json
import pathlib


def ask(path, requests):
    """Returns an export's answers to raw texts, as JSON.

    Args:
        path: the SavedModel.
        requests: texts, one a row.

    Raises:
        ValueError: if `path` is no SavedModel that takes text, or it finds a
            problem with a text.
    """
    import tensorflow as tf

    if not (pathlib.Path(path) / "saved_model.pb").is_file():
        raise ValueError(
            f"{path} is no SavedModel: saved_model.pb is missing. Name a "
            "version folder, such as saved_models/byte_mlm/1."
        )
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    inputs = serve.structured_input_signature[1]
    if set(inputs) != {"text_bytes"}:
        raise ValueError(
            f"{path} takes {', '.join(sorted(inputs))}, not text alone."
        )
    answers = serve(text_bytes=tf.constant(requests))
    answers = {name: tensor.numpy() for name, tensor in answers.items()}
    for problem in answers["problem_bytes"]:
        if problem:
            raise ValueError(problem.decode())
    rows = [
        {
            name: _as_json(tensor[row].tolist())
            for name, tensor in answers.items()
        }
        for row in range(len(requests))
    ]
    return json.dumps(rows, indent=2)


def _as_json(value):
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.decode(errors="replace") if isinstance(value, bytes) else value
