"""Layer normalisation without weights."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class Standardize(keras.layers.Layer):
    """Rows of mean 0 and variance 1, and a number added to all of them.

    What `LayerNorm` does before its scale and its offset, which a linear
    layer behind it can take into its own kernel and bias: see
    `models.fold_for_inference`.

    Args:
        epsilon: added to the variance.
        offset: added to what is standardised.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(..., C)`.

    Returns:
        `(..., C)`.
    """

    def __init__(self, epsilon=1e-5, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.offset = offset

    def call(self, inputs):
        # In float32 at least, as `LayerNorm`.
        wide = keras.backend.result_type(inputs.dtype, "float32")
        x = ops.cast(inputs, wide)
        x = x - ops.mean(x, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(x), axis=-1, keepdims=True)
        x = x * ops.rsqrt(variance + self.epsilon)
        if self.offset:
            x = x + self.offset
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "offset": self.offset,
        }
