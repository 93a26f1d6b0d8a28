"""Taking joined sequences apart again."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class SliceTokens(keras.layers.Layer):
    """The run of a sequence that belongs to one of its parts.

    One cross-attend writes the outputs of all modalities. How many there
    are of each is only known when the indices are given, so that lengths
    are told by tensors and not by numbers.

    Args:
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(B, O, C)`.
        like: `(B, P, ...)`, the part whose place is taken. Its values are
            not read.
        behind: `(B, Q, ...)`, the part that comes before it, or None where
            it comes first. Its values are not read.

    Returns:
        `(B, P, C)`, rows `Q` to `Q + P` of the inputs.
    """

    def call(self, inputs, like, behind=None):
        start = 0 if behind is None else ops.shape(behind)[1]
        return inputs[:, start : start + ops.shape(like)[1]]

    def compute_output_shape(self, inputs_shape, like_shape, behind_shape=None):
        return (inputs_shape[0], like_shape[1], *inputs_shape[2:])
