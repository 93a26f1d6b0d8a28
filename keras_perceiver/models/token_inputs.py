"""What the models of text read: embedded tokens with learned positions."""

import keras

from keras_perceiver.layers import LearnedArray


def token_inputs(max_length):
    """The Keras inputs `token_ids` and `padding_mask`, by name."""
    return {
        "token_ids": keras.Input(
            (max_length,), dtype="int32", name="token_ids"
        ),
        "padding_mask": keras.Input(
            (max_length,), dtype="bool", name="padding_mask"
        ),
    }


def token_embedding(vocabulary_size, embedding_dim, stddev, dtype):
    """The layer that embeds tokens, and gives logits with `reverse=True`."""
    return keras.layers.ReversibleEmbedding(
        vocabulary_size,
        embedding_dim,
        embeddings_initializer=_truncated_normal(stddev),
        name="token_embedding",
        dtype=dtype,
    )


def with_learned_positions(tokens, stddev, dtype):
    """Adds a learned row to each position of `(B, M, C)`."""
    _, max_length, embedding_dim = tokens.shape
    positions = LearnedArray(
        max_length,
        embedding_dim,
        _truncated_normal(stddev),
        name="input_positions",
        dtype=dtype,
    )
    return tokens + positions(tokens)


def embedded_text(
    vocabulary_size,
    max_length,
    embedding_dim,
    *,
    embedding_stddev,
    position_stddev,
    dtype,
):
    """Embeds a text that no model is to answer with.

    Returns:
        The Keras inputs of `token_inputs`, and `(B, M, C)` made of them.
    """
    inputs = token_inputs(max_length)
    embedding = token_embedding(
        vocabulary_size, embedding_dim, embedding_stddev, dtype
    )
    tokens = embedding(inputs["token_ids"])
    return inputs, with_learned_positions(tokens, position_stddev, dtype)


def _truncated_normal(stddev):
    return keras.initializers.TruncatedNormal(stddev=stddev)
