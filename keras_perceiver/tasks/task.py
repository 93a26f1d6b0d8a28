"""What every task is made of: raw in, raw out, in Python and in an export."""

import copy
import pathlib

import keras
import numpy as np
import tensorflow as tf

BATCH_SIZE = 32


class Task:
    """One function from raw tensors to raw tensors, and what tells of it.

    A subclass writes `serve`, which is called in Python and exported as it
    is, and `example_request`. Where an answer is named `problem_bytes`, it
    says for each row in words why there is no answer, or "".

    Args:
        model: a Keras model.
        *inputs: `tf.TensorSpec`s of what `serve` takes, in its order, each
            with a name and a free first dimension.

    Raises:
        ValueError: if Keras does not run on TensorFlow.
    """

    # What an export calls the model's output where that is one tensor.
    model_output = "logits"

    def __init__(self, model, *inputs):
        if keras.backend.backend() != "tensorflow":
            raise ValueError(
                "Tasks on raw data run on TensorFlow. Received: backend "
                f"{keras.backend.backend()!r}. Set KERAS_BACKEND=tensorflow."
            )
        self.model = model
        self.input_signature = {spec.name: spec for spec in inputs}
        self._compile()

    def _compile(self):
        """Forgets what was traced, which goes on answering as it did."""
        self._compiled = self._traced(self.serve)
        self._more = {}

    def _traced(self, function):
        return tf.function(
            function,
            input_signature=list(self.input_signature.values()),
            autograph=False,
        )

    def on(self, model):
        """Returns the same task on another model, and leaves this one alone.

        Args:
            model: of the same inputs and outputs, such as this task's own in
                another precision.
        """
        other = copy.copy(self)
        other.model = model
        other._compile()
        return other

    def serve(self, **tensors):
        """The task inside a graph: this is what an export answers with."""
        raise NotImplementedError

    def more_functions(self):
        """Other answers to the same inputs, for a model of several tasks.

        Returns:
            Functions by name, which take what `serve` takes. An export has a
            signature of that name for each.
        """
        return {}

    def example_request(self):
        """Requests that show the task, for an export to be checked with.

        Returns:
            A tensor for each input, by its name.
        """
        raise NotImplementedError

    def answers(self, kind, items, read, batch_size=BATCH_SIZE, name=None):
        """Yields the answer to each item: numpy values by output.

        Args:
            kind: what an item is called in messages, such as `"Text"`.
            items: a list.
            read: from an item to a value for each input, by its name.
            batch_size: how many items `serve` gets at a time.
            name: one of `more_functions`, to be asked instead of `serve`.

        Raises:
            ValueError: if there is a problem with an item, saying which.
        """
        ask = self._compiled if name is None else self._compiled_more(name)
        for first in range(0, len(items), batch_size):
            batch = items[first : first + batch_size]
            where = [
                _where(kind, number, len(items), item)
                for number, item in enumerate(batch, start=first + 1)
            ]
            rows = [
                _read(read, item, place)
                for item, place in zip(batch, where, strict=True)
            ]
            answer = ask(
                *(
                    _column([row[name] for row in rows], spec.dtype)
                    for name, spec in self.input_signature.items()
                )
            )
            answer = {key: value.numpy() for key, value in answer.items()}
            for row, place in enumerate(where):
                problem = answer.get("problem_bytes", [b""] * len(rows))[row]
                if problem:
                    raise ValueError(f"{place}: {problem.decode()}")
                yield {key: value[row] for key, value in answer.items()}

    def _compiled_more(self, name):
        if name not in self._more:
            self._more[name] = self._traced(self.more_functions()[name])
        return self._more[name]


def _where(kind, number, count, item):
    """Such as `"Image 2 of 7 (cat.jpg)"`."""
    is_path = isinstance(item, pathlib.Path)
    return f"{kind} {number} of {count}" + (f" ({item})" if is_path else "")


def _read(read, item, place):
    try:
        return read(item)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def _column(values, dtype):
    # TensorFlow takes lists of arrays number by number, which takes long;
    # numpy would cut zeros off the ends of bytes.
    return tf.constant(
        values if dtype == tf.string else np.array(values), dtype
    )


def inputs_of(model):
    """Returns the Keras inputs of a model by name."""
    return {tensor.name: tensor for tensor in model.inputs}


def check_inputs(task, model, *wanted):
    """Raises `ValueError` unless the model has exactly these inputs."""
    found = inputs_of(model)
    if set(found) != set(wanted):
        raise ValueError(
            f"{task} takes a model with the inputs {', '.join(wanted)}. "
            f"Received: {model.name!r} with {', '.join(found)}"
        )


def check_views(model):
    """Raises `ValueError` unless the model has its views."""
    if not hasattr(model, "encode") or not hasattr(model, "decode"):
        raise ValueError(
            f"Model {model.name!r} lacks its views `encode` and `decode`. "
            "Keras's own .keras files do not hold them: build it with "
            "from_preset and load_weights, or keep it with save_pretrained."
        )


def check_range(name, value, least, most):
    """Raises `ValueError` unless a number is within its range."""
    if not least <= value <= most:
        raise ValueError(
            f"{name} is a number from {least} to {most}. Received: {value}"
        )


def call(model, tensors):
    """Calls a model with tensors by name, however its inputs are grouped."""
    if not _convolves(model):
        return _call(model, tensors)
    # TensorFlow's convolutions answer no rows with a wrong shape.
    rows = tf.shape(next(iter(tensors.values())))[0]
    missing = tf.cast(tf.equal(rows, 0), tf.int32)
    filled = {
        name: tf.pad(
            tensor, [[0, missing]] + [[0, 0]] * (tensor.shape.rank - 1)
        )
        for name, tensor in tensors.items()
    }
    outputs = _call(model, filled)
    return tf.nest.map_structure(lambda output: output[:rows], outputs)


def _call(model, tensors):
    if isinstance(model.input, dict):
        return model(tensors)
    if isinstance(model.input, list):
        return model([tensors[tensor.name] for tensor in model.input])
    return model(tensors[model.input.name])


def _convolves(model):
    return any(
        isinstance(layer, keras.layers.Conv1D | keras.layers.Conv2D)
        for layer in model._flatten_layers()
    )
