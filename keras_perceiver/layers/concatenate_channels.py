"""Joining data with positions."""

import keras
from keras import ops

from keras_perceiver.layers.attention import check_sequence


@keras.saving.register_keras_serializable(package="keras_perceiver")
class ConcatenateChannels(keras.layers.Layer):
    """Joins two sequences along channels; a batch of one broadcasts.

    The reference puts positions behind the data: `[data, positions]`.

    Args:
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(B, M, C)`, or a batch of one.
        positions: `(B, M, P)`, or a batch of one.

    Returns:
        `(B, M, C + P)`.

    Raises:
        ValueError: if the two are no sequences of one length.
    """

    def build(self, inputs_shape, positions_shape):
        check_sequence(self, "inputs", inputs_shape)
        check_sequence(self, "positions", positions_shape)
        lengths = {inputs_shape[1], positions_shape[1]} - {None}
        if len(lengths) > 1:
            raise ValueError(
                f"Layer {self.path!r} needs a row of positions for each row "
                f"of inputs. Received: inputs of shape {tuple(inputs_shape)}, "
                f"positions of shape {tuple(positions_shape)}"
            )

    def call(self, inputs, positions):
        batch = _batch(ops.shape(inputs)[0], ops.shape(positions)[0])
        return ops.concatenate(
            [_broadcast(inputs, batch), _broadcast(positions, batch)], axis=-1
        )

    def compute_output_shape(self, inputs_shape, positions_shape):
        return (
            _batch(inputs_shape[0], positions_shape[0]),
            inputs_shape[1],
            inputs_shape[2] + positions_shape[2],
        )


def _batch(first, second):
    return second if isinstance(first, int) and first == 1 else first


def _broadcast(x, batch):
    return ops.broadcast_to(x, (batch, *ops.shape(x)[1:]))
