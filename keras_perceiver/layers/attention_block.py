"""What the cross-attend and the self-attend share."""

import keras

from keras_perceiver.layers import kernels
from keras_perceiver.layers.attention import Attention
from keras_perceiver.layers.layer_norm import LayerNorm
from keras_perceiver.layers.mlp import MLP


class AttentionBlock(keras.layers.Layer):
    """Attention and an MLP, each behind a normalisation of its own.

    Base of `CrossAttention` and `SelfAttention`, which say what is
    normalised and what is added to what.

    Args:
        num_heads: number of heads.
        qk_channels: width of queries and keys. Defaults to the inputs'.
        v_channels: width of the values. Defaults to `qk_channels`.
        widening_factor: hidden width of the MLP over the queries' width.
        gelu_approximate: True for the tanh form of the published weights,
            False for the exact form of Hugging Face's port.
        dropout: rate on what was read and on the MLP's output, in training.
        attention_dropout: rate on the attention weights, in training.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.
    """

    def __init__(
        self,
        num_heads=1,
        qk_channels=None,
        v_channels=None,
        widening_factor=1,
        gelu_approximate=True,
        dropout=0.0,
        attention_dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.qk_channels = qk_channels
        self.v_channels = v_channels
        self.widening_factor = widening_factor
        self.gelu_approximate = gelu_approximate
        self.dropout = dropout
        self.attention_dropout = attention_dropout

    def build_attention(self, queries_shape, inputs_shape):
        """Makes and builds every sub-layer but the norms before attention."""
        self.attention = Attention(
            self.num_heads,
            self.qk_channels,
            self.v_channels,
            dropout=self.attention_dropout,
            name="attention",
            dtype=self.dtype_policy,
        )
        self.mlp_norm = self.build_norm("mlp_norm", queries_shape)
        self.mlp = MLP(
            self.widening_factor,
            self.gelu_approximate,
            name="mlp",
            dtype=self.dtype_policy,
        )
        self.dropout_layer = keras.layers.Dropout(
            self.dropout, name="dropout", dtype=self.dtype_policy
        )
        self.attention.build(queries_shape, inputs_shape)
        self.mlp.build(queries_shape)

    def build_norm(self, name, shape):
        """Returns a built `LayerNorm`."""
        norm = LayerNorm(name=name, dtype=self.dtype_policy)
        norm.build(shape)
        return norm

    def draw_dropouts(self, training):
        """Draws what to drop before anything is computed.

        What is computed again for the backward pass then drops the same.

        Returns:
            Functions for the attention weights (None to drop nothing), for
            what was read, and for the output of the MLP.
        """
        read, update = (
            kernels.draw_dropout(self.dropout_layer, training) or _keep_all
            for _ in range(2)
        )
        return self.attention.draw_dropout(training), read, update

    def apply_mlp(self, x, drop):
        """The residual MLP: appendix E.1, equation 6."""
        return x + drop(self.mlp(self.mlp_norm(x)))

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "qk_channels": self.qk_channels,
            "v_channels": self.v_channels,
            "widening_factor": self.widening_factor,
            "gelu_approximate": self.gelu_approximate,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
        }


def _keep_all(x):
    return x
