"""A trainable array: latents, learned positions, learned queries."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class LearnedArray(keras.layers.Layer):
    """A trainable `(length, channels)` array, whole or by rows.

    It serves as latents, as learned positions and as learned output queries
    (Perceiver IO, sections 3.1 and 3.2).

    Args:
        length: number of rows.
        channels: width of a row.
        initializer: defaults to a truncated normal of scale 0.02, as the
            reference takes for latents, positions and queries alike.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: any tensor of the graph. Its values are not read: a functional
            model needs an edge that leads here.
        indices: integer `(B, O)`, the wanted rows, or None for all of them.

    Returns:
        `(1, length, channels)`, a batch of one that broadcasts, so that what
        is projected from it is computed once instead of once an example; or
        `(B, O, channels)` where `indices` are given.
    """

    def __init__(self, length, channels, initializer=None, **kwargs):
        super().__init__(**kwargs)
        self.length = length
        self.channels = channels
        self.initializer = keras.initializers.get(
            initializer or keras.initializers.TruncatedNormal(stddev=0.02)
        )

    def build(self, inputs_shape):
        self.array = self.add_weight(
            shape=(self.length, self.channels),
            initializer=self.initializer,
            name="array",
        )

    def call(self, inputs, indices=None):
        array = ops.convert_to_tensor(self.array)
        if indices is None:
            return ops.expand_dims(array, axis=0)
        return ops.take(array, indices, axis=0)

    def compute_output_shape(self, inputs_shape, indices_shape=None):
        if indices_shape is None:
            return (1, self.length, self.channels)
        return (*indices_shape, self.channels)

    def get_config(self):
        return {
            **super().get_config(),
            "length": self.length,
            "channels": self.channels,
            "initializer": keras.initializers.serialize(self.initializer),
        }
