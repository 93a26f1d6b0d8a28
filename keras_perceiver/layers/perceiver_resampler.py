"""Any number of inputs to a few latents, as one layer."""

import itertools

import keras

from keras_perceiver.layers.cross_attention import CrossAttention
from keras_perceiver.layers.learned_array import LearnedArray
from keras_perceiver.layers.self_attention import SelfAttention


@keras.saving.register_keras_serializable(package="keras_perceiver")
class PerceiverResampler(keras.layers.Layer):
    """Latents that read their inputs several times.

    The Perceiver (section 3.1) as a part for other models: whatever the
    length of the inputs, what comes out has `num_latents` rows. Every
    attention has its own weights. Example:

    ```python
    model = keras.Sequential([
        keras.Input((50_176, 261)),
        PerceiverResampler(num_latents=64, latent_dim=256, num_self_attends=2),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(10),
    ])
    ```

    Args:
        num_latents: N, the number of latents.
        latent_dim: D, their width.
        num_cross_attends: how often the inputs are read.
        num_self_attends: self-attends behind each of these.
        num_cross_attention_heads: heads of each cross-attend.
        num_self_attention_heads: heads of each self-attend.
        qk_channels: width of queries and keys. Defaults to what each reads:
            C in a cross-attend, D in a self-attend.
        v_channels: width of the values. Defaults to `qk_channels`.
        widening_factor: hidden width of the MLPs over D.
        query_residual: whether cross-attends add the latents.
        gelu_approximate: True for the tanh form.
        dropout: rate on every residual update, in training.
        **kwargs: `name`, `dtype` and the like, for `keras.layers.Layer`.

    Call arguments:
        inputs: `(B, M, C)`.
        input_mask: `(B, M)` booleans, True where an input is valid, or None.
        return_attention_scores: whether to give the weights of the
            cross-attends too.

    Returns:
        `(B, N, D)`; with `return_attention_scores` a pair of it and a list
        of `(B, num_cross_attention_heads, N, M)`, one a cross-attend.

    Raises:
        ValueError: if there is no cross-attend, a width is not divisible by
            its heads, or the inputs have no batch or channel axis.
    """

    def __init__(
        self,
        num_latents,
        latent_dim,
        num_cross_attends=2,
        num_self_attends=0,
        num_cross_attention_heads=1,
        num_self_attention_heads=8,
        qk_channels=None,
        v_channels=None,
        widening_factor=1,
        query_residual=True,
        gelu_approximate=True,
        dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_cross_attends < 1:
            raise ValueError(
                f"Layer {self.name!r} needs at least one cross-attend, or it "
                "would read nothing. Received: "
                f"num_cross_attends={num_cross_attends}"
            )
        self.num_latents = num_latents
        self.latent_dim = latent_dim
        self.num_cross_attends = num_cross_attends
        self.num_self_attends = num_self_attends
        self.num_cross_attention_heads = num_cross_attention_heads
        self.num_self_attention_heads = num_self_attention_heads
        self.qk_channels = qk_channels
        self.v_channels = v_channels
        self.widening_factor = widening_factor
        self.query_residual = query_residual
        self.gelu_approximate = gelu_approximate
        self.dropout = dropout

    def build(self, inputs_shape):
        self.latents = LearnedArray(
            self.num_latents,
            self.latent_dim,
            name="latents",
            dtype=self.dtype_policy,
        )
        self.latents.build(inputs_shape)
        latents_shape = (None, self.num_latents, self.latent_dim)
        reads = range(self.num_cross_attends)
        self.cross_attends = [
            self._cross_attend(f"cross_attention_{i}") for i in reads
        ]
        for layer in self.cross_attends:
            layer.build(latents_shape, inputs_shape)
        # One flat list: Keras's files leave out layers in nested ones.
        self.self_attends = [
            self._self_attend(f"self_attention_{i}_{j}")
            for i in reads
            for j in range(self.num_self_attends)
        ]
        for layer in self.self_attends:
            layer.build(latents_shape)

    def _cross_attend(self, name):
        return CrossAttention(
            self.num_cross_attention_heads,
            self.query_residual,
            qk_channels=self.qk_channels,
            v_channels=self.v_channels,
            widening_factor=self.widening_factor,
            gelu_approximate=self.gelu_approximate,
            dropout=self.dropout,
            name=name,
            dtype=self.dtype_policy,
        )

    def _self_attend(self, name):
        return SelfAttention(
            self.num_self_attention_heads,
            qk_channels=self.qk_channels,
            v_channels=self.v_channels,
            widening_factor=self.widening_factor,
            gelu_approximate=self.gelu_approximate,
            dropout=self.dropout,
            name=name,
            dtype=self.dtype_policy,
        )

    def call(
        self,
        inputs,
        input_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        latents = self.latents(inputs)  # (1, N, D), broadcasts
        scores = []
        self_attends = iter(self.self_attends)
        for cross_attend in self.cross_attends:
            latents = cross_attend(
                latents,
                inputs,
                input_mask=input_mask,
                training=training,
                return_attention_scores=return_attention_scores,
            )
            if return_attention_scores:
                latents, of_this = latents
                scores.append(of_this)
            for layer in itertools.islice(self_attends, self.num_self_attends):
                latents = layer(latents, training=training)
        return (latents, scores) if return_attention_scores else latents

    def compute_output_shape(self, inputs_shape):
        return (inputs_shape[0], self.num_latents, self.latent_dim)

    def compute_output_spec(
        self,
        inputs,
        input_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        shape = self.compute_output_shape(inputs.shape)
        latents = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if not return_attention_scores:
            return latents
        scores_shape = (
            shape[0],
            self.num_cross_attention_heads,
            self.num_latents,
            inputs.shape[1],
        )
        scores = [
            keras.KerasTensor(scores_shape, dtype=self.compute_dtype)
            for _ in range(self.num_cross_attends)
        ]
        return latents, scores

    def get_config(self):
        return {
            **super().get_config(),
            "num_latents": self.num_latents,
            "latent_dim": self.latent_dim,
            "num_cross_attends": self.num_cross_attends,
            "num_self_attends": self.num_self_attends,
            "num_cross_attention_heads": self.num_cross_attention_heads,
            "num_self_attention_heads": self.num_self_attention_heads,
            "qk_channels": self.qk_channels,
            "v_channels": self.v_channels,
            "widening_factor": self.widening_factor,
            "query_residual": self.query_residual,
            "gelu_approximate": self.gelu_approximate,
            "dropout": self.dropout,
        }
