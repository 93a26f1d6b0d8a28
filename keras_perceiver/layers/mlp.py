"""The two-layer network behind every attention."""

import keras

from keras_perceiver.layers import kernels


@keras.saving.register_keras_serializable(package="keras_perceiver")
class MLP(keras.layers.Layer):
    """A linear layer, GELU, and a linear layer back to the input's width.

    Perceiver IO, appendix E.1, equation 6 (without its norm and residual).

    Args:
        widening_factor: hidden width as a multiple of the input's width. 1 in
            every released Perceiver IO.
        gelu_approximate: True for the tanh form of the published weights,
            False for the exact form of Hugging Face's port.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(..., C)`.

    Returns:
        `(..., C)`.
    """

    def __init__(self, widening_factor=1, gelu_approximate=True, **kwargs):
        super().__init__(**kwargs)
        self.widening_factor = widening_factor
        self.gelu_approximate = gelu_approximate

    def build(self, inputs_shape):
        channels = inputs_shape[-1]
        hidden_channels = self.widening_factor * channels
        self.hidden_dense = self._linear("hidden", hidden_channels)
        self.output_dense = self._linear("output", channels)
        self.hidden_dense.build(inputs_shape)
        self.output_dense.build((*inputs_shape[:-1], hidden_channels))

    def _linear(self, name, channels):
        return keras.layers.Dense(
            channels,
            kernel_initializer="lecun_normal",
            name=name,
            dtype=self.dtype_policy,
        )

    def call(self, inputs):
        hidden = self.hidden_dense(kernels.as_rows(inputs))
        # Written out, because "gelu" by name is the exact form in Keras.
        hidden = kernels.gelu(hidden, self.gelu_approximate)
        return kernels.as_before(self.output_dense(hidden), inputs)

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "widening_factor": self.widening_factor,
            "gelu_approximate": self.gelu_approximate,
        }
