"""The cross-attend: how a Perceiver reads its inputs and writes outputs."""

import keras

from keras_perceiver.layers import kernels
from keras_perceiver.layers.attention import output_spec
from keras_perceiver.layers.attention_block import AttentionBlock


@keras.saving.register_keras_serializable(package="keras_perceiver")
class CrossAttention(AttentionBlock):
    """Queries attend to inputs, then pass a residual MLP.

    Perceiver IO, appendix E.1: the encoder (latents read the inputs) and the
    decoder (output queries read the latents) are both this layer.

    Args:
        num_heads: number of heads.
        query_residual: whether the queries are added to what they read. The
            language, flow and autoencoding decoders leave it out.
        **kwargs: `qk_channels`, `v_channels`, `widening_factor`,
            `gelu_approximate`, `dropout`, `attention_dropout`, `name` and
            `dtype`, as in `AttentionBlock`.

    Call arguments:
        queries: `(B, O, E)`; a batch of 1 broadcasts against the inputs.
        inputs: `(B, M, C)`.
        input_mask: `(B, M)` booleans, True where an input is valid.
        query_mask: `(B, O)` booleans, True where a query is valid. Rows of
            invalid queries read nothing.
        return_attention_scores: whether to give the attention weights too.

    Returns:
        `(B, O, E)`; with `return_attention_scores` a pair of it and the
        weights `(B, num_heads, O, M)`, as from `Attention`.

    Raises:
        ValueError: if a width is not divisible by `num_heads`, or an input
            has no batch or channel axis.
    """

    def __init__(self, num_heads=1, query_residual=True, **kwargs):
        super().__init__(num_heads=num_heads, **kwargs)
        self.query_residual = query_residual

    def build(self, queries_shape, inputs_shape):
        self.build_attention(queries_shape, inputs_shape)
        self.query_norm = self.build_norm("query_norm", queries_shape)
        self.input_norm = self.build_norm("input_norm", inputs_shape)

    def call(
        self,
        queries,
        inputs,
        input_mask=None,
        query_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        drop_weights, drop_read, drop_update = self.draw_dropouts(training)
        read = self.attention(
            self.query_norm(kernels.wait_for(queries, inputs)),
            self.input_norm(inputs),
            attention_mask=kernels.outer_mask(query_mask, input_mask),
            return_attention_scores=return_attention_scores,
            drop=drop_weights,
        )
        if return_attention_scores:
            read, scores = read
        read = drop_read(read)
        x = queries + read if self.query_residual else read
        x = self.apply_mlp(x, drop_update)
        return (x, scores) if return_attention_scores else x

    def compute_output_shape(self, queries_shape, inputs_shape):
        batch = inputs_shape[0] if queries_shape[0] == 1 else queries_shape[0]
        return (batch, *queries_shape[1:])

    def compute_output_spec(
        self,
        queries,
        inputs,
        input_mask=None,
        query_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        shape = self.compute_output_shape(queries.shape, inputs.shape)
        return output_spec(self, shape, inputs, return_attention_scores)

    def get_config(self):
        return {
            **super().get_config(),
            "query_residual": self.query_residual,
        }
