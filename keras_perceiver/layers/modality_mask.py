"""A learned token in the place of what is not given."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class ModalityMask(keras.layers.Layer):
    """Puts a learned token where a token holds a NaN.

    Perceiver IO, section 4.3: the label is hidden from the autoencoder half
    of the time in training and always in evaluation, and a learned token
    stands in for it. One rule says what is hidden, for every modality: what
    is not given is NaN. The layer itself draws nothing, so that it does the
    same in training and after it; what is hidden is decided where data are
    made.

    Args:
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(B, M, C)`. A token with a NaN in any channel is missing.

    Returns:
        `(B, M, C)`, without the NaNs. Gradients are free of them too.
    """

    def build(self, inputs_shape):
        self.token = self.add_weight(
            shape=(inputs_shape[-1],),
            initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            name="token",
        )

    def call(self, inputs):
        missing = ops.any(ops.isnan(inputs), axis=-1, keepdims=True)
        # Chosen and not multiplied: nothing times NaN is NaN.
        return ops.where(missing, ops.convert_to_tensor(self.token), inputs)

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)
