"""GELU as a layer of its own."""

import keras

from keras_perceiver.layers import kernels


@keras.saving.register_keras_serializable(package="keras_perceiver")
class Gelu(keras.layers.Layer):
    """Gaussian error linear units.

    Args:
        approximate: True for the tanh form of the published weights, False
            for the exact form of Hugging Face's port.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: any shape.

    Returns:
        The same shape.
    """

    def __init__(self, approximate=True, **kwargs):
        super().__init__(**kwargs)
        self.approximate = approximate

    def call(self, inputs):
        return kernels.gelu(inputs, self.approximate)

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)

    def get_config(self):
        return {**super().get_config(), "approximate": self.approximate}
