"""Perceiver IO for masked language modelling."""

import keras

from keras_perceiver.layers import Bias
from keras_perceiver.layers import LearnedArray
from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode


def language(
    *,
    vocabulary_size,
    max_length,
    embedding_dim,
    num_latents,
    latent_dim,
    num_self_attends_per_block,
    num_blocks=1,
    num_cross_attention_heads=8,
    num_self_attention_heads=8,
    num_decoder_heads=8,
    qk_channels=None,
    v_channels=None,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    widening_factor=1,
    encoder_query_residual=True,
    decoder_query_residual=False,
    gelu_approximate=True,
    dropout=0.0,
    embedding_stddev=1.0,
    position_stddev=0.02,
    dtype=None,
):
    """Builds the masked language model of Perceiver IO, section 4.1.

    Token embeddings plus learned positions are read by the latents; one
    learned query a position reads the latents back; the logits come from the
    transposed token embedding plus a bias.

    Args:
        vocabulary_size: number of token ids, 262 for bytes.
        max_length: M, the number of positions.
        embedding_dim: width of tokens and of output queries, which the tied
            embedding makes one number (768 as published).
        embedding_stddev: scale of the initial token embedding, 1 as in the
            reference.
        position_stddev: scale of the initial positions, 0.02 as in the
            reference. A short training run learns sooner where positions
            are not drowned by tokens at first.
        dtype: dtype policy of every layer. Logits are float32 under all.

    The other arguments are those of `encode` and `decoder`.

    Returns:
        A functional model from `token_ids` (int32) and `padding_mask` (bool,
        True = valid), both `(B, max_length)`, to logits `(B, max_length,
        vocabulary_size)`. Its view `encode` takes the same inputs and gives
        latents; its view `decode` takes `latents` and `token_indices`
        `(B, O)`, any positions, and gives their logits.
    """
    embedding = keras.layers.ReversibleEmbedding(
        vocabulary_size,
        embedding_dim,
        embeddings_initializer=_truncated_normal(embedding_stddev),
        name="token_embedding",
        dtype=dtype,
    )
    positions = LearnedArray(
        max_length,
        embedding_dim,
        _truncated_normal(position_stddev),
        name="input_positions",
        dtype=dtype,
    )
    queries = LearnedArray(
        max_length, embedding_dim, name="output_queries", dtype=dtype
    )
    write = decoder(
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
    )
    bias = Bias(name="logits", dtype="float32")

    token_ids = keras.Input((max_length,), dtype="int32", name="token_ids")
    padding_mask = keras.Input((max_length,), dtype="bool", name="padding_mask")
    inputs = {"token_ids": token_ids, "padding_mask": padding_mask}
    tokens = embedding(token_ids)  # (B, M, C)
    tokens = tokens + positions(tokens)
    latents = encode(
        tokens,
        num_latents=num_latents,
        latent_dim=latent_dim,
        num_self_attends_per_block=num_self_attends_per_block,
        num_blocks=num_blocks,
        num_cross_attention_heads=num_cross_attention_heads,
        num_self_attention_heads=num_self_attention_heads,
        qk_channels=qk_channels,
        v_channels=v_channels,
        widening_factor=widening_factor,
        encoder_query_residual=encoder_query_residual,
        gelu_approximate=gelu_approximate,
        dropout=dropout,
        input_mask=padding_mask,
        dtype=dtype,
    )  # (B, N, D)

    def logits_of(latents, indices=None, query_mask=None):
        rows = queries(latents, indices=indices)  # (B, O, E)
        outputs = write(rows, latents, query_mask=query_mask)
        return bias(embedding(outputs, reverse=True))  # (B, O, V)

    given_latents = keras.Input(
        (num_latents, latent_dim), dtype=latents.dtype, name="latents"
    )
    indices = keras.Input((None,), dtype="int32", name="token_indices")
    return attach_views(
        keras.Model(
            inputs,
            logits_of(latents, query_mask=padding_mask),
            name="language",
        ),
        encode=keras.Model(inputs, latents, name="language_encode"),
        decode=keras.Model(
            {"latents": given_latents, "token_indices": indices},
            logits_of(given_latents, indices),
            name="language_decode",
        ),
    )


def _truncated_normal(stddev):
    return keras.initializers.TruncatedNormal(stddev=stddev)
