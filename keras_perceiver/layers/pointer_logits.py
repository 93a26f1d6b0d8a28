"""Scores by which a query points at one of its inputs."""

import math

import keras
from keras import ops

from keras_perceiver.layers import kernels


@keras.saving.register_keras_serializable(package="keras_perceiver")
class PointerLogits(keras.layers.Layer):
    """One logit for each input: how well it fits the query.

    A pointer network: attention that stops at the scores. The softmax over
    inputs is left to the loss, as for any other logits.

    Args:
        channels: width of the projected query and of the keys.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        queries: `(B, E)`, one for each example.
        inputs: `(B, M, C)`, what may be pointed at.
        input_mask: `(B, M)` booleans, True where an input is valid, or None.
            The others get -1e30 (-1e4 in float16), which no softmax sees.

    Returns:
        `(B, M)`.
    """

    def __init__(self, channels, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels

    def build(self, queries_shape, inputs_shape):
        self.query_dense = self._projection("query", use_bias=True)
        # A bias would move all logits alike, which no softmax sees.
        self.key_dense = self._projection("key", use_bias=False)
        self.query_dense.build(queries_shape)
        self.key_dense.build(inputs_shape)

    def _projection(self, name, use_bias):
        # Haiku's variance scaling, as in `Attention`.
        return keras.layers.Dense(
            self.channels,
            use_bias=use_bias,
            kernel_initializer="lecun_normal",
            name=name,
            dtype=self.dtype_policy,
        )

    def call(self, queries, inputs, input_mask=None):
        query = ops.expand_dims(self.query_dense(queries), axis=-1)
        keys = self.key_dense(inputs)
        scores = ops.squeeze(ops.matmul(keys, query), axis=-1)
        scores = scores * (1.0 / math.sqrt(self.channels))
        return kernels.masked_scores(scores, input_mask)

    def compute_output_shape(self, queries_shape, inputs_shape):
        return tuple(inputs_shape[:2])

    def get_config(self):
        return {**super().get_config(), "channels": self.channels}
