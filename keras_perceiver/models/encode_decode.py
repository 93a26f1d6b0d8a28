"""Read, process, write: what every Perceiver IO is assembled from."""

import keras

from keras_perceiver.layers import CrossAttention
from keras_perceiver.layers import LearnedArray
from keras_perceiver.layers import SelfAttention


def encode(
    inputs,
    input_mask=None,
    *,
    num_latents,
    latent_dim,
    num_self_attends_per_block,
    num_blocks=1,
    num_cross_attention_heads=1,
    num_self_attention_heads=8,
    qk_channels=None,
    v_channels=None,
    widening_factor=1,
    cross_attention_widening_factor=1,
    encoder_query_residual=True,
    gelu_approximate=True,
    dropout=0.0,
    rematerialize=False,
    dtype=None,
):
    """Reads inputs into latents and processes them (section 3.1).

    Args:
        inputs: `(B, M, C)`.
        input_mask: `(B, M)` booleans, True where an input is valid.
        num_latents: N, the number of latents.
        latent_dim: D, their width.
        num_self_attends_per_block: layers of the processor.
        num_blocks: how often these layers are applied, with shared weights.
        num_cross_attention_heads: heads of the one cross-attend.
        num_self_attention_heads: heads of the processor's layers.
        qk_channels: width of queries and keys in all of them. Defaults to
            what each reads: C in the cross-attend, D in the processor.
        v_channels: width of the values. Defaults to `qk_channels`.
        widening_factor: hidden width of the processor's MLPs over D.
        cross_attention_widening_factor: the same of the cross-attend's MLP.
        encoder_query_residual: whether the cross-attend adds the latents.
        gelu_approximate: True for the tanh form of the published weights.
        dropout: rate on every residual update, in training.
        rematerialize: whether training keeps of each layer of the processor
            its input alone, and computes the rest once more in the backward
            pass: less memory, about a third more time.
        dtype: dtype policy of every layer; None takes Keras's global one.

    Returns:
        `(B, N, D)`. The tensor is the output of the layer `latents_out`.
    """
    shared = {
        "qk_channels": qk_channels,
        "v_channels": v_channels,
        "gelu_approximate": gelu_approximate,
        "dropout": dropout,
        "dtype": dtype,
    }
    latents = LearnedArray(
        num_latents, latent_dim, name="latents", dtype=dtype
    )(inputs)  # (1, N, D)
    latents = CrossAttention(
        num_cross_attention_heads,
        encoder_query_residual,
        widening_factor=cross_attention_widening_factor,
        name="encoder_cross_attention",
        **shared,
    )(latents, inputs, input_mask=input_mask)  # (B, N, D)
    layers = [
        SelfAttention(
            num_self_attention_heads,
            rematerialize=rematerialize,
            widening_factor=widening_factor,
            name=f"self_attention_{i}",
            **shared,
        )
        for i in range(num_self_attends_per_block)
    ]
    for _ in range(num_blocks):
        for layer in layers:
            latents = layer(latents)  # (B, N, D)
    # Shared layers have several outputs; this name has the last one alone.
    return keras.layers.Identity(name="latents_out", dtype=dtype)(latents)


def decoder(
    *,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=False,
    gelu_approximate=True,
    dtype=None,
):
    """The layer that writes outputs: one cross-attend (section 3.2).

    It is a layer and not a tensor, since a model calls it once for the whole
    and once more for the view that decodes given latents.

    Args:
        num_decoder_heads: number of heads.
        decoder_qk_channels: width of queries and keys. Defaults to D.
        decoder_v_channels: width of the values. Defaults to
            `decoder_qk_channels`.
        decoder_query_residual: whether the output queries are added.
        gelu_approximate: True for the tanh form of the published weights.
        dtype: dtype policy; None takes Keras's global one.

    Returns:
        A `CrossAttention`, to be called on queries `(B, O, E)` and latents
        `(B, N, D)`.
    """
    return CrossAttention(
        num_decoder_heads,
        decoder_query_residual,
        qk_channels=decoder_qk_channels,
        v_channels=decoder_v_channels,
        gelu_approximate=gelu_approximate,
        name="decoder_cross_attention",
        dtype=dtype,
    )


def latents_input(latents):
    """A Keras input for given latents, of the shape that `encode` returns."""
    return keras.Input(
        tuple(latents.shape[1:]), dtype=latents.dtype, name="latents"
    )


def attach_views(model, *, encode, decode):
    """Makes `model.encode` and `model.decode`: encode once, decode many.

    All three are views of one graph with one set of weights. Keras's own
    `.keras` files hold the whole alone; `save_pretrained` and
    `load_pretrained` keep the views.

    Args:
        model: the whole model.
        encode: the model from its inputs to latents.
        decode: the model from latents and indices to outputs.

    Returns:
        `model`.
    """
    # Past Keras's tracking, which would list the views as sub-layers.
    object.__setattr__(model, "encode", encode)
    object.__setattr__(model, "decode", decode)
    return model
