"""What all examples share, once for each of them."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class BroadcastBatch(keras.layers.Layer):
    """Repeats a batch of one for every example of another tensor.

    Learned queries are a batch of one, since what is projected from them is
    then computed once. Where they are joined with queries that differ
    between examples, they have to have a row for each.

    Args:
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(1, M, C)`.
        like: any tensor `(B, ...)`. Its values are not read.

    Returns:
        `(B, M, C)`.
    """

    def call(self, inputs, like):
        shape = (ops.shape(like)[0], *ops.shape(inputs)[1:])
        return ops.broadcast_to(inputs, shape)

    def compute_output_shape(self, inputs_shape, like_shape):
        return (like_shape[0], *inputs_shape[1:])
