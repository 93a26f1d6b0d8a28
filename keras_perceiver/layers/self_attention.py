"""The self-attend: one layer of the processor."""

import keras

from keras_perceiver.layers import kernels
from keras_perceiver.layers.attention import output_spec
from keras_perceiver.layers.attention_block import AttentionBlock


@keras.saving.register_keras_serializable(package="keras_perceiver")
class SelfAttention(AttentionBlock):
    """Latents attend to each other, then pass an MLP, both residual.

    Perceiver IO, appendix E.1. One norm serves queries, keys and values;
    there is none after the last layer.

    Args:
        num_heads: number of heads.
        rematerialize: whether training keeps the layer's input alone, and
            computes the rest once more in the backward pass.
        **kwargs: `qk_channels`, `v_channels`, `widening_factor`,
            `gelu_approximate`, `dropout`, `attention_dropout`, `name` and
            `dtype`, as in `AttentionBlock`.

    Call arguments:
        latents: `(B, N, D)`.
        latent_mask: `(B, N)` booleans, True where a latent is valid, or None.
            Perceivers never need it; a plain transformer does.
        return_attention_scores: whether to give the attention weights too.

    Returns:
        `(B, N, D)`; with `return_attention_scores` a pair of it and the
        weights `(B, num_heads, N, N)`, as from `Attention`.

    Raises:
        ValueError: if a width is not divisible by `num_heads`, or the
            latents have no batch or channel axis.
    """

    def __init__(self, num_heads=8, rematerialize=False, **kwargs):
        super().__init__(num_heads=num_heads, **kwargs)
        self.rematerialize = rematerialize

    def build(self, latents_shape):
        self.build_attention(latents_shape, latents_shape)
        self.attention_norm = self.build_norm("attention_norm", latents_shape)

    def call(
        self,
        latents,
        latent_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        drops = self.draw_dropouts(training)

        def process(latents):
            return self._process(
                latents, latent_mask, drops, return_attention_scores
            )

        if self.rematerialize and training:
            process = keras.remat(process)
        return process(latents)

    def _process(self, latents, latent_mask, drops, return_attention_scores):
        drop_weights, drop_read, drop_update = drops
        normed = self.attention_norm(latents)
        update = self.attention(
            normed,
            normed,
            attention_mask=kernels.outer_mask(None, latent_mask),
            return_attention_scores=return_attention_scores,
            drop=drop_weights,
        )
        if return_attention_scores:
            update, scores = update
        latents = latents + drop_read(update)
        latents = self.apply_mlp(latents, drop_update)
        return (latents, scores) if return_attention_scores else latents

    def compute_output_shape(self, latents_shape):
        return tuple(latents_shape)

    def compute_output_spec(
        self,
        latents,
        latent_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        shape = self.compute_output_shape(latents.shape)
        return output_spec(self, shape, latents, return_attention_scores)

    def get_config(self):
        return {**super().get_config(), "rematerialize": self.rematerialize}
