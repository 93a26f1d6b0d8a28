"""Layer normalisation as the reference has it, in little memory."""

import keras
from keras import ops

from keras_perceiver.layers import kernels


@keras.saving.register_keras_serializable(package="keras_perceiver")
class LayerNorm(keras.layers.LayerNormalization):
    """Keras's layer normalisation with the epsilon of the reference, 1e-5.

    Keras's own default, 1e-3, loads the published weights happily and answers
    wrongly. In training it keeps its input alone for the backward pass.

    Args:
        epsilon: added to the variance.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(..., C)`.

    Returns:
        `(..., C)`.
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(epsilon=epsilon, **kwargs)

    def call(self, inputs):
        outputs = kernels.layer_norm(
            inputs, self.gamma, self.beta, self.epsilon
        )
        return ops.cast(outputs, self.compute_dtype)
