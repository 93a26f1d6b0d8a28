"""Making rows that hold nothing zero."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class MaskRows(keras.layers.Layer):
    """Replaces invalid rows of a sequence by zeros.

    Whatever stands in an unused slot, not-a-number too, is gone behind this
    layer. Multiplying by the mask would keep the not-a-number.

    Args:
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(B, M, C)`.
        input_mask: `(B, M)` booleans, True where a row is valid.

    Returns:
        `(B, M, C)`.
    """

    def call(self, inputs, input_mask):
        valid = ops.expand_dims(ops.cast(input_mask, "bool"), axis=-1)
        return ops.where(valid, inputs, ops.zeros((), inputs.dtype))

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)
