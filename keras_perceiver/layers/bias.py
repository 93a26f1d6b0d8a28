"""A trainable offset for logits of tied embeddings."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class Bias(keras.layers.Layer):
    """Adds a trainable vector, zero at first, to the last axis.

    With `keras.layers.ReversibleEmbedding(...)(x, reverse=True)` before it,
    this is the reference's embedding decoder: logits from the transposed
    input embedding plus a bias for each token.

    Args:
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(..., C)`.

    Returns:
        `(..., C)`.
    """

    def build(self, inputs_shape):
        self.bias = self.add_weight(
            shape=(inputs_shape[-1],), initializer="zeros", name="bias"
        )

    def call(self, inputs):
        return inputs + ops.convert_to_tensor(self.bias)

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)
