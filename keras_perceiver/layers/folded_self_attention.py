"""The self-attend with its norms' weights in its linear layers."""

import keras

from keras_perceiver.layers import kernels
from keras_perceiver.layers.attention import check_sequence
from keras_perceiver.layers.attention import heads_of
from keras_perceiver.layers.attention import joined
from keras_perceiver.layers.gelu_dense import GeluDense
from keras_perceiver.layers.standardize import Standardize
from keras_perceiver.layers.transposed_dense import TransposedDense


@keras.saving.register_keras_serializable(package="keras_perceiver")
class FoldedSelfAttention(keras.layers.Layer):
    """A `SelfAttention` without a mask, for inference alone.

    Perceiver IO, appendix E.1. `models.fold_for_inference` gives it weights:
    the norms' scale and offset are in the linear layers behind them, keys
    have no bias, since it moves all scores of a query alike, and values none,
    since it is part of the output's. Kernels are stored by outputs. Residuals
    are added to rows, where TensorFlow takes them as one operation with the
    product and the bias.

    Args:
        num_heads: number of heads.
        qk_channels: width of queries and keys. Defaults to the latents'.
        v_channels: width of the values. Defaults to `qk_channels`.
        hidden_channels: of the MLP. Defaults to the latents' width.
        gelu_approximate: as in `GeluDense`.
        epsilon: of both norms.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        latents: `(B, N, D)`.

    Returns:
        `(B, N, D)`.

    Raises:
        ValueError: if the latents have no batch or channel axis.
    """

    def __init__(
        self,
        num_heads=8,
        qk_channels=None,
        v_channels=None,
        hidden_channels=None,
        gelu_approximate=True,
        epsilon=1e-5,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.qk_channels = qk_channels
        self.v_channels = v_channels
        self.hidden_channels = hidden_channels
        self.gelu_approximate = gelu_approximate
        self.epsilon = epsilon

    def build(self, latents_shape):
        check_sequence(self, "latents", latents_shape)
        width = latents_shape[-1]
        qk_channels = self.qk_channels or width
        v_channels = self.v_channels or qk_channels
        hidden_channels = self.hidden_channels or width
        self.attention_norm, self.mlp_norm = (
            Standardize(self.epsilon, name=name, dtype=self.dtype_policy)
            for name in ("attention_norm", "mlp_norm")
        )
        self.query_dense = self._linear("query", width, qk_channels)
        self.key_dense = self._linear("key", width, qk_channels, False)
        self.value_dense = self._linear("value", width, v_channels, False)
        self.output_dense = self._linear("output", v_channels, width)
        self.hidden = GeluDense(
            hidden_channels,
            self.gelu_approximate,
            transposed_kernel=True,
            name="hidden",
            dtype=self.dtype_policy,
        )
        self.hidden.build((None, width))
        self.mlp_output = self._linear("mlp_output", hidden_channels, width)

    def _linear(self, name, width, channels, use_bias=True):
        dense = TransposedDense(
            channels, use_bias, name=name, dtype=self.dtype_policy
        )
        dense.build((None, width))
        return dense

    def call(self, latents):
        normed = self.attention_norm(latents)
        read = kernels.attend(
            *(
                heads_of(dense, normed, self.num_heads)
                for dense in (
                    self.query_dense,
                    self.key_dense,
                    self.value_dense,
                )
            )
        )
        read = kernels.as_rows(joined(None, read))
        rows = kernels.as_rows(latents) + self.output_dense(read)
        update = self.mlp_output(self.hidden(self.mlp_norm(rows)))
        return kernels.as_before(rows + update, latents)

    def compute_output_shape(self, latents_shape):
        return tuple(latents_shape)

    def compute_output_spec(self, latents):
        return keras.KerasTensor(latents.shape, dtype=self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "qk_channels": self.qk_channels,
            "v_channels": self.v_channels,
            "hidden_channels": self.hidden_channels,
            "gelu_approximate": self.gelu_approximate,
            "epsilon": self.epsilon,
        }
