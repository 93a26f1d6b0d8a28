"""A `SelfAttention`, folded."""

from keras_perceiver.layers import FoldedSelfAttention
from keras_perceiver.layers.transposed_dense import set_dense
from keras_perceiver.models import folded_weights


def fold_self_attend(layers, layer, latents):
    """Calls what stands for a self-attend without a mask.

    Args:
        layers: the `MadeLayers`.
        layer: the `SelfAttention`.
        latents: `(B, N, D)`.
    """

    def set_values(folded):
        weights = folded_weights.reading_weights(
            layer.attention, layer.attention_norm, layer.attention_norm
        )
        set_dense(folded.query_dense, weights.query, weights.query_bias)
        set_dense(folded.key_dense, weights.key)
        set_dense(folded.value_dense, weights.value)
        set_dense(folded.output_dense, weights.output, weights.bias)
        hidden, output = (
            folded_weights.dense_values(dense)
            for dense in (layer.mlp.hidden_dense, layer.mlp.output_dense)
        )
        hidden = folded_weights.behind_norm(layer.mlp_norm, *hidden)
        set_dense(folded.hidden.dense, *hidden)
        set_dense(folded.mlp_output, *output)

    return layers.made(
        (id(layer), "folded"),
        lambda: FoldedSelfAttention(
            layer.num_heads,
            layer.attention.query_dense.units,
            layer.attention.value_dense.units,
            layer.mlp.hidden_dense.units,
            layer.gelu_approximate,
            epsilon=layer.attention_norm.epsilon,
            name=layers.unique(layer.name),
            dtype=layer.dtype_policy,
        ),
        set_values,
        latents,
    )
