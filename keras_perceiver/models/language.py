"""Perceiver IO for masked language modelling."""

import keras

from keras_perceiver.layers import Bias
from keras_perceiver.layers import LearnedArray
from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode
from keras_perceiver.models.encode_decode import latents_input
from keras_perceiver.models.token_inputs import token_embedding
from keras_perceiver.models.token_inputs import token_inputs
from keras_perceiver.models.token_inputs import with_learned_positions


def language(
    *,
    vocabulary_size,
    max_length,
    embedding_dim,
    num_decoder_heads=8,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=False,
    embedding_stddev=1.0,
    position_stddev=0.02,
    gelu_approximate=True,
    dtype=None,
    **encoder,
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

    The other arguments are those of `decoder`, and `**encoder` those of
    `encode`.

    Returns:
        A functional model from `token_ids` (int32) and `padding_mask` (bool,
        True = valid), both `(B, max_length)`, to logits `(B, max_length,
        vocabulary_size)`. Its view `encode` takes the same inputs and gives
        latents; its view `decode` takes `latents` and `token_indices`
        `(B, O)`, any positions, and gives their logits.
    """
    embedding = token_embedding(
        vocabulary_size, embedding_dim, embedding_stddev, dtype
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

    inputs = token_inputs(max_length)
    tokens = with_learned_positions(
        embedding(inputs["token_ids"]), position_stddev, dtype
    )  # (B, M, C)
    latents = encode(
        tokens,
        inputs["padding_mask"],
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )  # (B, N, D)

    def logits_of(latents, indices=None, query_mask=None):
        rows = queries(latents, indices=indices)  # (B, O, E)
        outputs = write(rows, latents, query_mask=query_mask)
        return bias(embedding(outputs, reverse=True))  # (B, O, V)

    given_latents = latents_input(latents)
    indices = keras.Input((None,), dtype="int32", name="token_indices")
    return attach_views(
        keras.Model(
            inputs,
            logits_of(latents, query_mask=inputs["padding_mask"]),
            name="language",
        ),
        encode=keras.Model(inputs, latents, name="language_encode"),
        decode=keras.Model(
            {"latents": given_latents, "token_indices": indices},
            logits_of(given_latents, indices),
            name="language_decode",
        ),
    )
