"""Multi-head attention with widths of its own for scores, values, output."""

import keras
from keras import ops

from keras_perceiver.layers import kernels


@keras.saving.register_keras_serializable(package="keras_perceiver")
class Attention(keras.layers.Layer):
    """Multi-head attention of queries over inputs.

    Perceiver IO, appendix E.1. Unlike `keras.layers.MultiHeadAttention`, the
    widths of scores, values and output are free of each other, and a row
    that may attend to nothing is zero before the output projection.

    Args:
        num_heads: number of heads. Both widths must be divisible by it.
        qk_channels: width of queries and keys over all heads. Defaults to
            the width of the inputs.
        v_channels: width of the values over all heads. Defaults to
            `qk_channels`.
        output_channels: width of the output. Defaults to the width of the
            queries.
        dropout: rate at which attention weights are dropped in training.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        queries: `(B, O, E)`; a batch of 1 broadcasts against the inputs.
        inputs: `(B, M, C)`.
        attention_mask: booleans `(B, O, M)`, any of them 1 to broadcast,
            True where a query may attend to an input.
        return_attention_scores: whether to give the attention weights too.
        drop: what `draw_dropout` gave, to drop the same again. Defaults to
            a new draw in training.

    Returns:
        `(B, O, output_channels)`; with `return_attention_scores` a pair of
        it and the weights `(B, num_heads, O, M)` before dropout. A row of
        them sums to 1, and to 0 where a query may attend to nothing.

    Raises:
        ValueError: if a width is not divisible by `num_heads`, or an input
            has no batch or channel axis.
    """

    def __init__(
        self,
        num_heads,
        qk_channels=None,
        v_channels=None,
        output_channels=None,
        dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_heads < 1:
            raise ValueError(
                f"Layer {self.name!r} needs at least one head. Received: "
                f"num_heads={num_heads}"
            )
        self.num_heads = num_heads
        self.qk_channels = qk_channels
        self.v_channels = v_channels
        self.output_channels = output_channels
        self.dropout = dropout

    def build(self, queries_shape, inputs_shape):
        check_sequence(self, "queries", queries_shape)
        check_sequence(self, "inputs", inputs_shape)
        qk_channels = self.qk_channels or inputs_shape[-1]
        v_channels = self.v_channels or qk_channels
        self._check_divisible("qk_channels", qk_channels)
        self._check_divisible("v_channels", v_channels)

        self.query_dense = self._projection("query", qk_channels)
        self.key_dense = self._projection("key", qk_channels)
        self.value_dense = self._projection("value", v_channels)
        self.output_dense = self._projection(
            "output", self.output_channels or queries_shape[-1]
        )
        self.dropout_layer = keras.layers.Dropout(
            self.dropout, name="dropout", dtype=self.dtype_policy
        )
        self.query_dense.build(queries_shape)
        self.key_dense.build(inputs_shape)
        self.value_dense.build(inputs_shape)
        self.output_dense.build((*queries_shape[:-1], v_channels))

    def _projection(self, name, channels):
        # Haiku's variance scaling; Keras would take glorot_uniform.
        return keras.layers.Dense(
            channels,
            kernel_initializer="lecun_normal",
            name=name,
            dtype=self.dtype_policy,
        )

    def _check_divisible(self, name, channels):
        if channels % self.num_heads:
            raise ValueError(
                f"{name} must be divisible by num_heads in layer "
                f"{self.path!r}. Received: {name}={channels}, "
                f"num_heads={self.num_heads}"
            )

    def call(
        self,
        queries,
        inputs,
        attention_mask=None,
        training=None,
        return_attention_scores=False,
        drop=None,
    ):
        if attention_mask is not None:
            attention_mask = for_all_heads(self, attention_mask)
        attended = (
            heads_of(self.query_dense, queries, self.num_heads),
            heads_of(self.key_dense, inputs, self.num_heads),
            heads_of(self.value_dense, inputs, self.num_heads),
            attention_mask,
            drop or self.draw_dropout(training),
        )
        if return_attention_scores:
            mixed, scores = kernels.attend_with_scores(*attended)
            return joined(self.output_dense, mixed), scores
        return joined(self.output_dense, kernels.attend(*attended))

    def draw_dropout(self, training):
        """Draws which attention weights to drop; None for none of them."""
        return kernels.draw_dropout(self.dropout_layer, training)

    def compute_output_shape(self, queries_shape, inputs_shape):
        batch = inputs_shape[0] if queries_shape[0] == 1 else queries_shape[0]
        channels = self.output_channels or queries_shape[-1]
        return (batch, queries_shape[1], channels)

    def compute_output_spec(
        self,
        queries,
        inputs,
        attention_mask=None,
        training=None,
        return_attention_scores=False,
        drop=None,
    ):
        shape = self.compute_output_shape(queries.shape, inputs.shape)
        return output_spec(self, shape, inputs, return_attention_scores)

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "qk_channels": self.qk_channels,
            "v_channels": self.v_channels,
            "output_channels": self.output_channels,
            "dropout": self.dropout,
        }


def for_all_heads(layer, attention_mask):
    """A mask `(B, O, M)` as `(B, 1, O, M)` booleans."""
    shape = tuple(attention_mask.shape)
    if len(shape) != 3:
        raise ValueError(
            f"Layer {layer.path!r} takes an attention_mask of shape "
            "(batch, queries, inputs), any of them 1 to broadcast. "
            f"Received: attention_mask of shape {shape}"
        )
    return ops.expand_dims(ops.cast(attention_mask, "bool"), axis=1)


def heads_of(dense, x, num_heads):
    """Projects `(B, O, C)` and splits it, as `(B, H, O, d)`.

    Args:
        dense: a linear layer, or None for none.
        x: `(B, O, C)`.
        num_heads: H.
    """
    batch, length, _ = ops.shape(x)
    rows = kernels.as_rows(x)
    rows = rows if dense is None else dense(rows)
    channels = rows.shape[-1] // num_heads
    if num_heads == 1:  # Nothing to copy.
        return ops.reshape(rows, (batch, 1, length, channels))
    x = ops.reshape(rows, (batch, length, num_heads, channels))
    return ops.transpose(x, (0, 2, 1, 3))


def joined(dense, x):
    """Joins `(B, H, O, d)` and projects it, as `(B, O, E)`.

    Args:
        dense: a linear layer, or None for none.
        x: `(B, H, O, d)`.
    """
    batch, heads, length, channels = ops.shape(x)
    if heads != 1:
        x = ops.transpose(x, (0, 2, 1, 3))
    rows = ops.reshape(x, (-1, heads * channels))
    rows = rows if dense is None else dense(rows)
    return ops.reshape(rows, (batch, length, rows.shape[-1]))


def check_sequence(layer, name, shape):
    """Raises unless `shape` is `(batch, length, channels)`."""
    if len(shape) != 3 or shape[-1] is None:
        raise ValueError(
            f"Layer {layer.path!r} takes {name} of shape (batch, length, "
            f"channels) with a known number of channels. Received: "
            f"{name} of shape {tuple(shape)}. A single example needs a batch "
            f"axis in front, an image has to be flattened to one row a pixel."
        )


def output_spec(layer, shape, inputs, return_attention_scores):
    """What an attention layer gives for symbolic tensors.

    Args:
        layer: the layer.
        shape: `(B, O, E)`, the shape of its output.
        inputs: `(B, M, C)`, what it reads.
        return_attention_scores: as in its `call`.
    """
    output = keras.KerasTensor(shape, dtype=layer.compute_dtype)
    if not return_attention_scores:
        return output
    batch, length, _ = shape
    scores_shape = (batch, layer.num_heads, length, inputs.shape[1])
    return output, keras.KerasTensor(scores_shape, dtype=layer.compute_dtype)
