"""The mean of the rows that hold something."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class MaskedMean(keras.layers.Layer):
    """The mean over the valid rows of a sequence, zero where there is none.

    Keras's `GlobalAveragePooling1D` divides by the number of valid rows even
    where that is zero.

    Args:
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(B, M, C)`.
        input_mask: `(B, M)` booleans, True where a row is valid.

    Returns:
        `(B, C)`.
    """

    def call(self, inputs, input_mask):
        # In float32 at least: bfloat16 has no 257 to count with.
        dtype = keras.backend.result_type(inputs.dtype, "float32")
        valid = ops.expand_dims(ops.cast(input_mask, "bool"), axis=-1)
        rows = ops.where(valid, ops.cast(inputs, dtype), ops.zeros((), dtype))
        count = ops.sum(ops.cast(valid, dtype), axis=1)
        mean = ops.sum(rows, axis=1) / ops.maximum(count, 1)
        return ops.cast(mean, inputs.dtype)

    def compute_output_shape(self, inputs_shape):
        return (inputs_shape[0], inputs_shape[2])
