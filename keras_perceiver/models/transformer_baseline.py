"""BERT, the transformer that Perceiver IO is compared with on language."""

import keras

from keras_perceiver.layers import LayerNorm
from keras_perceiver.layers import SelfAttention
from keras_perceiver.models.token_inputs import token_embedding
from keras_perceiver.models.token_inputs import token_inputs
from keras_perceiver.models.token_inputs import with_learned_positions


def language_transformer(
    *,
    vocabulary_size,
    max_length,
    embedding_dim,
    num_self_attends,
    num_self_attention_heads,
    qk_channels=None,
    v_channels=None,
    widening_factor=4,
    embedding_stddev=0.02,
    position_stddev=0.02,
    gelu_approximate=True,
    dropout=0.0,
    rematerialize=False,
    dtype=None,
):
    """Builds the BERT baselines of Perceiver IO, section 4.1, table 1.

    Token embeddings plus learned positions, a stack of self-attends over all
    of them, a norm, and logits from the transposed token embedding.

    BERT normalises behind each residual and behind the embedding. These
    layers normalise before, as everywhere here, which trains without care
    for warm-up, and once at the end; the number of norms and of parameters
    is the same. Segments, the pooler and the masked language model's extra
    layer are left out: the published count has no place for a bias or them.

    There are no latents, hence no views `encode` and `decode`.

    Args:
        vocabulary_size: number of token ids.
        max_length: M, the number of positions.
        embedding_dim: width of tokens and of every layer.
        num_self_attends: number of layers.
        num_self_attention_heads: heads of each.
        qk_channels: width of queries and keys. Defaults to `embedding_dim`.
        v_channels: width of the values. Defaults to `qk_channels`.
        widening_factor: hidden width of the MLPs over `embedding_dim`.
        embedding_stddev: scale of the initial token embedding, 0.02 as in
            BERT.
        position_stddev: scale of the initial positions.
        gelu_approximate: True for the tanh form.
        dropout: rate on every residual update, in training.
        rematerialize: whether training computes each layer once more instead
            of keeping what it computed, as in `encode`.
        dtype: dtype policy of every layer. Logits are float32 under all.

    Returns:
        A functional model with the inputs and the output of `language`: from
        `token_ids` (int32) and `padding_mask` (bool, True = valid), both
        `(B, max_length)`, to logits `(B, max_length, vocabulary_size)`.
    """
    inputs = token_inputs(max_length)
    embedding = token_embedding(
        vocabulary_size, embedding_dim, embedding_stddev, dtype
    )
    tokens = with_learned_positions(
        embedding(inputs["token_ids"]), position_stddev, dtype
    )  # (B, M, D)
    for i in range(num_self_attends):
        tokens = SelfAttention(
            num_self_attention_heads,
            qk_channels=qk_channels,
            v_channels=v_channels,
            widening_factor=widening_factor,
            gelu_approximate=gelu_approximate,
            dropout=dropout,
            rematerialize=rematerialize,
            name=f"self_attention_{i}",
            dtype=dtype,
        )(tokens, latent_mask=inputs["padding_mask"])  # (B, M, D)
    tokens = LayerNorm(name="final_norm", dtype=dtype)(tokens)
    logits = embedding(tokens, reverse=True)  # (B, M, V)
    logits = keras.layers.Identity(name="logits", dtype="float32")(logits)
    return keras.Model(inputs, logits, name="language_transformer")
