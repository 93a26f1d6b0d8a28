"""The named functions of an export: raw requests, and tensors of the model."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from keras_perceiver.tasks.task import call


@dataclasses.dataclass(frozen=True)
class Signature:
    """One function that a server answers with.

    Attributes:
        function: takes tensors in the order of `specs`, and returns a
            dictionary of tensors, rows first.
        specs: a `tf.TensorSpec` for each input, with its name.
    """

    function: Callable
    specs: tuple


def signatures_of(task):
    """Every signature of a task's export, by name.

    `serving_default` is the task itself, raw in, raw out. `tensors` is the
    model as it was trained; `encode` and `decode` are its views, where it
    has them: encode once, then ask for any positions, pixels or samples.
    Numbers are float32 in all of them.

    Args:
        task: such as a `FillMask`.
    """
    specs = tuple(task.input_signature.values())
    found = {"serving_default": Signature(task.serve, specs)}
    views = {"tensors": task.model}
    for name in ("encode", "decode"):
        views[name] = getattr(task.model, name, None)
    for name, model in views.items():
        if model is not None:
            output = "latents" if name == "encode" else task.model_output
            found[name] = _of_model(model, output)
    return found


def _of_model(model, output_name):
    def answer(*tensors):
        given = {
            # Latents of half precision come in, and go out, as float32.
            tensor.name: tf.cast(value, tensor.dtype)
            for tensor, value in zip(model.inputs, tensors, strict=True)
        }
        outputs = call(model, given)
        if not isinstance(outputs, dict):
            outputs = {output_name: outputs}
        return {name: _wide(tensor) for name, tensor in outputs.items()}

    return Signature(answer, tuple(map(_spec, model.inputs)))


def _spec(tensor):
    dtype = tf.as_dtype(tensor.dtype)
    return tf.TensorSpec(
        (None, *tensor.shape[1:]),
        tf.float32 if dtype.is_floating else dtype,
        tensor.name,
    )


def _wide(tensor):
    return tf.cast(tensor, tf.float32) if tensor.dtype.is_floating else tensor
