"""A linear layer and GELU."""

import keras

from keras_perceiver.layers import kernels
from keras_perceiver.layers.transposed_dense import inference_dense


@keras.saving.register_keras_serializable(package="keras_perceiver")
class GeluDense(keras.layers.Layer):
    """A linear layer and Gaussian error linear units: half of an `MLP`.

    Args:
        units: channels of the result.
        gelu_approximate: True for the tanh form of the published weights,
            False for the exact form of Hugging Face's port.
        transposed_kernel: whether the kernel is stored by outputs.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(..., C)`.

    Returns:
        `(..., units)`.
    """

    def __init__(
        self,
        units,
        gelu_approximate=True,
        transposed_kernel=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.gelu_approximate = gelu_approximate
        self.transposed_kernel = transposed_kernel

    def build(self, inputs_shape):
        self.dense = inference_dense(
            self.units,
            self.transposed_kernel,
            name="dense",
            dtype=self.dtype_policy,
        )
        self.dense.build(inputs_shape)

    def call(self, inputs):
        rows = self.dense(kernels.as_rows(inputs))
        rows = kernels.gelu(rows, self.gelu_approximate)
        return kernels.as_before(rows, inputs)

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "gelu_approximate": self.gelu_approximate,
            "transposed_kernel": self.transposed_kernel,
        }
