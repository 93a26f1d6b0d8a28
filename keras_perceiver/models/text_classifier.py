"""Perceiver IO for several tasks on one text: three ways to tell them apart."""

import keras
from keras import ops

from keras_perceiver.layers import BroadcastBatch
from keras_perceiver.layers import LearnedArray
from keras_perceiver.models.task_heads import learned_rows
from keras_perceiver.models.task_heads import task_classifier


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

    def read(text, padding_mask):
        queries = learned_rows(task_outputs, embedding_dim, "query", dtype)
        return text, padding_mask, queries

    return task_classifier(
        "text_classifier",
        read,
        vocabulary_size=vocabulary_size,
        max_length=max_length,
        embedding_dim=embedding_dim,
        task_outputs=task_outputs,
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        embedding_stddev=embedding_stddev,
        position_stddev=position_stddev,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )


def shared_token_classifier(
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
    """Builds the multitask classifier with an input token for all tasks.

    Table 2 compares it with `text_classifier`. As BERT's `[CLS]`, a learned
    token stands in front of the text for the latents to read, and every
    task's head reads one output. The paper does not say which output that
    is: here the same learned row queries the latents.

    Args:
        embedding_dim: width of tokens, of the learned one too, and of the
            heads' hidden layer.

    The other arguments are those of `text_classifier`.

    Returns:
        A functional model with the inputs, outputs and views of
        `text_classifier`. The learned token needs no place among the
        `max_length` of the text, and has no position.

    Raises:
        ValueError: if there is no task, or two have one name.
    """

    def read(text, padding_mask):
        token = LearnedArray(1, embedding_dim, name="shared_token", dtype=dtype)
        return *_in_front(token, text, padding_mask, dtype), token

    return task_classifier(
        "shared_token_classifier",
        read,
        vocabulary_size=vocabulary_size,
        max_length=max_length,
        embedding_dim=embedding_dim,
        task_outputs=task_outputs,
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        embedding_stddev=embedding_stddev,
        position_stddev=position_stddev,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )


def task_token_classifier(
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
    """Builds the multitask classifier with an input token for each task.

    Table 2 compares it with `text_classifier`. As `shared_token_classifier`,
    but every task has a learned token, which all stand in front of every
    text, and a query, which is the same learned row in our reading.

    The arguments are those of `shared_token_classifier`.

    Returns:
        A functional model with the inputs, outputs and views of
        `text_classifier`.

    Raises:
        ValueError: if there is no task, or two have one name.
    """

    def read(text, padding_mask):
        learned = learned_rows(task_outputs, embedding_dim, "token", dtype)
        return *_in_front(learned, text, padding_mask, dtype), learned

    return task_classifier(
        "task_token_classifier",
        read,
        vocabulary_size=vocabulary_size,
        max_length=max_length,
        embedding_dim=embedding_dim,
        task_outputs=task_outputs,
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        embedding_stddev=embedding_stddev,
        position_stddev=position_stddev,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )


def _in_front(learned, text, padding_mask, dtype):
    """Learned tokens before those of every text, and the mask of them all."""
    repeat = BroadcastBatch(name="task_token_rows", dtype=dtype)
    first = repeat(learned(text), text)  # (B, T, C)
    join = keras.layers.Concatenate(axis=1, name="tokens", dtype=dtype)
    valid = ops.ones_like(first[..., 0], dtype="bool")  # (B, T)
    mask = ops.concatenate([valid, padding_mask], axis=1)
    return join([first, text]), mask
