"""Run a model as it is: tensors in, tensors out."""

import tensorflow as tf

from keras_perceiver.data.made_up import FREE_LENGTH
from keras_perceiver.data.made_up import made_up
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import call


class RunModel(Task):
    """Asks a model for what it gives, where no other task knows its data.

    So that any model can be exported: one of your own, or a preset that has
    no task.

    Args:
        model: a functional Keras model whose inputs have names.
        output_name: what to call its output where that is one tensor.
    """

    def __init__(self, model, output_name="output"):
        super().__init__(model, *map(spec_of, model.inputs))
        self.model_output = output_name

    def __call__(self, inputs):
        """Runs the model.

        Args:
            inputs: an array for each input, by name, rows first.

        Returns:
            An array for each output, by name.

        Raises:
            ValueError: if the inputs are not those of the model.
        """
        if set(inputs) != set(self.input_signature):
            raise ValueError(
                f"The model takes {sorted(self.input_signature)}. Received: "
                f"{sorted(inputs)}"
            )
        tensors = (
            tf.constant(inputs[name], spec.dtype)
            for name, spec in self.input_signature.items()
        )
        answer = self._compiled(*tensors)
        return {name: tensor.numpy() for name, tensor in answer.items()}

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        request = {}
        for name, spec in self.input_signature.items():
            shape = (2, *(size or FREE_LENGTH for size in spec.shape[1:]))
            values = made_up(shape, spec.dtype.as_numpy_dtype)
            request[name] = tf.constant(values)
        return request

    def serve(self, *tensors):
        """The task inside a graph: this is what an export answers with.

        Args:
            *tensors: in the order of the model's inputs, rows first.

        Returns:
            A dictionary of the model's outputs; numbers are float32.
        """
        return run(self.model, tensors, self.model_output)


def run(model, tensors, output_name):
    """Calls a model inside a graph.

    Args:
        model: a functional model.
        tensors: in the order of its inputs.
        output_name: what to call its output where that is one tensor.

    Returns:
        A dictionary of its outputs; numbers are float32.
    """
    given = {
        # Numbers of half precision come in, and go out, as float32.
        tensor.name: tf.cast(value, tensor.dtype)
        for tensor, value in zip(model.inputs, tensors, strict=True)
    }
    outputs = call(model, given)
    if not isinstance(outputs, dict):
        outputs = {output_name: outputs}
    return {name: _wide(tensor) for name, tensor in outputs.items()}


def spec_of(tensor):
    """Returns the `tf.TensorSpec` that requests for an input have."""
    dtype = tf.as_dtype(tensor.dtype)
    return tf.TensorSpec(
        (None, *tensor.shape[1:]),
        tf.float32 if dtype.is_floating else dtype,
        tensor.name,
    )


def _wide(tensor):
    return tf.cast(tensor, tf.float32) if tensor.dtype.is_floating else tensor
