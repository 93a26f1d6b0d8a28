"""A cross-attend's reading, with whatever can be multiplied beforehand."""

import keras
from keras import ops

from keras_perceiver.layers import kernels
from keras_perceiver.layers.attention import check_sequence
from keras_perceiver.layers.attention import for_all_heads
from keras_perceiver.layers.attention import heads_of
from keras_perceiver.layers.attention import joined
from keras_perceiver.layers.standardize import Standardize
from keras_perceiver.layers.transposed_dense import inference_dense


@keras.saving.register_keras_serializable(package="keras_perceiver")
class FoldedCrossAttention(keras.layers.Layer):
    """What the queries of a `CrossAttention` read, for inference alone.

    Perceiver IO, appendix E.1, equations 1 to 4, with other projections:
    `models.fold_for_inference` multiplies those of the original layer with
    each other where that leaves fewer operations, and gives the products to
    this one. Its norms have no weights. There is no bias of the keys, which
    moves all scores of a query alike, and none of the values, which is part
    of `bias`, since the weights of a query sum to 1.

    Args:
        num_heads: number of heads. One, wherever a projection is left out.
        query_channels: width that queries are projected to. None takes
            them as they are, of the keys' width.
        key_channels: width that keys are projected to. None takes the
            inputs themselves as keys.
        value_channels: width that values are projected to. None takes the
            inputs themselves as values.
        output_channels: width that what was read is projected to. None
            takes it as it is.
        query_offset: added to every number of the standardised queries. A
            key whose channels sum to `a` then has `a` added to all scores,
            since the channels of a standardised query sum to zero.
        constant_queries: whether the queries come standardised and
            projected, since they do not depend on the model's input.
        epsilon: of both norms.
        transposed_kernels: whether kernels are stored by outputs.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        queries: `(B, O, E)`; a batch of 1 broadcasts against the inputs.
        inputs: `(B, M, C)`.
        input_mask: `(B, M)` booleans, True where an input is valid.
        query_mask: `(B, O)` booleans, True where a query is valid.

    Returns:
        `(B, O, output_channels)`, or as wide as the values. A query that may
        read nothing gets `idle_bias` alone.
    """

    def __init__(
        self,
        num_heads=1,
        query_channels=None,
        key_channels=None,
        value_channels=None,
        output_channels=None,
        query_offset=0.0,
        constant_queries=False,
        epsilon=1e-5,
        transposed_kernels=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.query_channels = query_channels
        self.key_channels = key_channels
        self.value_channels = value_channels
        self.output_channels = output_channels
        self.query_offset = query_offset
        self.constant_queries = constant_queries
        self.epsilon = epsilon
        self.transposed_kernels = transposed_kernels

    def build(self, queries_shape, inputs_shape):
        check_sequence(self, "queries", queries_shape)
        check_sequence(self, "inputs", inputs_shape)
        read = (*queries_shape[:-1], self.value_channels or inputs_shape[-1])
        self.query_dense = self._projection(
            "query", self.query_channels, queries_shape, use_bias=True
        )
        self.key_dense = self._projection(
            "key", self.key_channels, inputs_shape
        )
        self.value_dense = self._projection(
            "value", self.value_channels, inputs_shape
        )
        self.output_dense = self._projection(
            "output", self.output_channels, read
        )
        self.query_norm = Standardize(
            self.epsilon,
            self.query_offset,
            name="query_norm",
            dtype=self.dtype_policy,
        )
        self.input_norm = Standardize(
            self.epsilon, name="input_norm", dtype=self.dtype_policy
        )
        self.query_norm.build(queries_shape)
        self.input_norm.build(inputs_shape)
        channels = self.output_channels or read[-1]
        self.bias, self.idle_bias = (
            self.add_weight(shape=(channels,), initializer="zeros", name=name)
            for name in ("bias", "idle_bias")
        )

    def _projection(self, name, channels, shape, use_bias=False):
        if channels is None:
            return None
        dense = inference_dense(
            channels,
            self.transposed_kernels,
            use_bias=use_bias,
            name=name,
            dtype=self.dtype_policy,
        )
        dense.build(shape)
        return dense

    def call(self, queries, inputs, input_mask=None, query_mask=None):
        mask = kernels.outer_mask(query_mask, input_mask)
        if not self.constant_queries:
            queries = self.query_norm(kernels.wait_for(queries, inputs))
        inputs = self.input_norm(inputs)
        read = kernels.attend(
            heads_of(self.query_dense, queries, self.num_heads),
            heads_of(self.key_dense, inputs, self.num_heads),
            heads_of(self.value_dense, inputs, self.num_heads),
            None if mask is None else for_all_heads(self, mask),
        )
        read = joined(self.output_dense, read)
        bias = ops.convert_to_tensor(self.bias)
        if mask is not None:
            may_read = ops.any(mask, axis=-1, keepdims=True)
            idle = ops.convert_to_tensor(self.idle_bias)
            bias = ops.where(may_read, bias, idle)
        return read + bias

    def compute_output_shape(self, queries_shape, inputs_shape):
        batch = inputs_shape[0] if queries_shape[0] == 1 else queries_shape[0]
        channels = self.value_channels or inputs_shape[-1]
        return (batch, queries_shape[1], self.output_channels or channels)

    def compute_output_spec(
        self, queries, inputs, input_mask=None, query_mask=None
    ):
        return keras.KerasTensor(
            self.compute_output_shape(queries.shape, inputs.shape),
            dtype=self.compute_dtype,
        )

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "query_channels": self.query_channels,
            "key_channels": self.key_channels,
            "value_channels": self.value_channels,
            "output_channels": self.output_channels,
            "query_offset": self.query_offset,
            "constant_queries": self.constant_queries,
            "epsilon": self.epsilon,
            "transposed_kernels": self.transposed_kernels,
        }
