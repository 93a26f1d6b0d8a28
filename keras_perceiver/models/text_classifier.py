"""Perceiver IO for several tasks on one text, a query for each."""

import keras

from keras_perceiver.layers import LearnedArray
from keras_perceiver.layers.initializers import haiku_linear
from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode
from keras_perceiver.models.encode_decode import latents_input
from keras_perceiver.models.token_inputs import token_embedding
from keras_perceiver.models.token_inputs import token_inputs
from keras_perceiver.models.token_inputs import with_learned_positions


def text_classifier(
    *,
    vocabulary_size,
    max_length,
    embedding_dim,
    task_outputs,
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
    """Builds the multitask classifier of Perceiver IO, section 4.1.

    A text is read as by `language`, whose weights fit by name. One learned
    query for each task reads the latents, and a two-layer head of its own
    gives the task's logits (appendix F.4). One task alone is fine-tuning on
    that task.

    Args:
        vocabulary_size: number of token ids, 262 for bytes.
        max_length: M, the number of positions.
        embedding_dim: width of tokens, of output queries and of the heads'
            hidden layer.
        task_outputs: pairs of a task's name and its number of logits; 1 is a
            regression.
        embedding_stddev: scale of the initial token embedding.
        position_stddev: scale of the initial positions.
        dtype: dtype policy of every layer. Logits are float32 under all.

    The other arguments are those of `decoder`, and `**encoder` those of
    `encode`.

    Returns:
        A functional model from `token_ids` (int32) and `padding_mask` (bool,
        True = valid), both `(B, max_length)`, to a dictionary of logits
        `(B, outputs)` by task. Its view `encode` takes the same inputs and
        gives latents; its view `decode` takes a dictionary of `latents`
        alone.

    Raises:
        ValueError: if there is no task, or two have one name.
    """
    names = _task_names(task_outputs)
    embedding = token_embedding(
        vocabulary_size, embedding_dim, embedding_stddev, dtype
    )
    queries = LearnedArray(
        len(names), embedding_dim, name="task_queries", dtype=dtype
    )
    write = decoder(
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
    )
    heads = [
        _head(name, embedding_dim, outputs, dtype)
        for name, outputs in task_outputs
    ]

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

    def logits_of(latents):
        outputs = write(queries(latents), latents)  # (B, tasks, E)
        return {
            name: head(outputs[:, i])
            for i, (name, head) in enumerate(zip(names, heads, strict=True))
        }

    given_latents = latents_input(latents)
    return attach_views(
        keras.Model(inputs, logits_of(latents), name="text_classifier"),
        encode=keras.Model(inputs, latents, name="text_classifier_encode"),
        decode=keras.Model(
            {"latents": given_latents},
            logits_of(given_latents),
            name="text_classifier_decode",
        ),
    )


def _head(name, embedding_dim, num_outputs, dtype):
    """Two layers with tanh between them (appendix F.4)."""
    hidden = keras.layers.Dense(
        embedding_dim,
        activation="tanh",
        kernel_initializer=haiku_linear(),
        name=f"{name}_hidden",
        dtype=dtype,
    )
    logits = keras.layers.Dense(
        num_outputs,
        kernel_initializer=haiku_linear(),
        name=f"{name}_logits",
        dtype="float32",
    )
    return lambda row: logits(hidden(row))


def _task_names(task_outputs):
    names = [name for name, _ in task_outputs]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            "task_outputs takes at least one pair of a name and a number of "
            "logits, and every name once. Received: "
            f"task_outputs={task_outputs}"
        )
    return names
