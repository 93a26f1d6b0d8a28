"""A linear layer whose kernel is stored the other way round."""

import keras
from keras import ops

from keras_perceiver.layers import kernels


@keras.saving.register_keras_serializable(package="keras_perceiver")
class TransposedDense(keras.layers.Layer):
    """A linear layer with a kernel of outputs by inputs.

    What `keras.layers.Dense` answers. Processors with matrix units in
    bfloat16 (AMX) take such a kernel up to a third faster; in float32 nothing
    is won: see `benchmarks/NOTES.md`.

    Args:
        units: channels of the result.
        use_bias: whether a bias is added.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(..., C)`.

    Returns:
        `(..., units)`.
    """

    def __init__(self, units, use_bias=True, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.use_bias = use_bias

    def build(self, inputs_shape):
        self.kernel = self.add_weight(
            shape=(self.units, inputs_shape[-1]),
            initializer="glorot_uniform",
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.units,), initializer="zeros", name="bias"
            )

    def call(self, inputs):
        rows = kernels.times_transposed(kernels.as_rows(inputs), self.kernel)
        if self.bias is not None:
            rows = ops.add(rows, self.bias)
        return kernels.as_before(rows, inputs)

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "use_bias": self.use_bias,
        }


def inference_dense(units, transposed, **kwargs):
    """A linear layer for inference alone.

    Args:
        units: channels of the result.
        transposed: whether to store its kernel by outputs.
        **kwargs: `use_bias`, `name` and `dtype`.
    """
    kind = TransposedDense if transposed else keras.layers.Dense
    return kind(units, **kwargs)


def set_dense(dense, kernel, *bias):
    """Sets the weights of an `inference_dense`.

    Args:
        dense: the layer, built.
        kernel: inputs by outputs.
        *bias: none where the layer has none.
    """
    if isinstance(dense, TransposedDense):
        kernel = kernel.T
    dense.set_weights([kernel, *bias])
