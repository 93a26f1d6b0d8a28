"""Softmax attention on tensors, plain or for some queries at a time."""

import math

from keras import ops

from keras_perceiver.layers.attention_memory import get_attention_memory
from keras_perceiver.layers.kernels.chunked_attention import attend_in_chunks
from keras_perceiver.layers.kernels.masks import without_idle_rows
from keras_perceiver.layers.kernels.plain_attention import attention_weights
from keras_perceiver.layers.kernels.plain_attention import mix
from keras_perceiver.layers.kernels.plain_attention import num_bytes
from keras_perceiver.layers.kernels.query_chunks import chunk_size


def attend(query, key, value, attention_mask=None, dropout=None):
    """Softmax attention, with fully masked rows set to zero.

    Perceiver IO, appendix E.1. The softmax runs in the dtype of the scores,
    as in the reference.
    Where all scores would take more than `get_attention_memory` says, they
    are made for one chunk of queries at a time, forward and backward.

    Args:
        query: `(B, H, O, d)`. A batch of 1 broadcasts.
        key: `(B, H, M, d)`.
        value: `(B, H, M, e)`.
        attention_mask: booleans that broadcast against `(B, 1, O, M)`, True
            where a query may attend. A row without any True comes out as
            zeros instead of an average over padding.
        dropout: a `Dropout`, or None.

    Returns:
        `(B, H, O, e)`.
    """
    size = _chunk_size(query, key)
    if size is None:
        weights = attention_weights(query, key, attention_mask)
        return mix(weights, value, attention_mask, dropout)
    query, key, value = _with_equal_batches(query, key, value)
    return attend_in_chunks(query, key, value, attention_mask, dropout, size)


def attend_with_scores(query, key, value, attention_mask=None, dropout=None):
    """`attend`, and the attention weights that it mixed the values by.

    Takes what `attend` takes. The weights are held whole, which `attend`
    need not do.

    Returns:
        `(B, H, O, e)`, and the weights `(B, H, O, M)` before dropout. A row
        of them sums to 1, or to 0 where a query may attend to nothing.
    """
    weights = attention_weights(query, key, attention_mask)
    mixed = mix(weights, value, attention_mask, dropout)
    return mixed, without_idle_rows(weights, attention_mask)


def _chunk_size(query, key):
    """How many queries to take at a time; None where all scores are small.

    A number where shapes are known, else a tensor.
    """
    memory = get_attention_memory()
    if math.isinf(memory):
        return None
    bytes_per_score = query.shape[1] * num_bytes(query)  # Of all heads.
    num_queries, num_inputs = query.shape[2], key.shape[2]
    if num_queries is None or num_inputs is None:
        return _chunk_size_in_graph(query, key, memory / bytes_per_score)
    batch = query.shape[0] if key.shape[0] == 1 else key.shape[0]
    # A batch that is not known yet is taken for a large one.
    examples = 32 if batch is None else batch
    size = chunk_size(
        num_queries, examples * num_inputs * bytes_per_score, memory
    )
    if size is None or batch is not None:
        return size
    return _chunk_size_in_graph(query, key, memory / bytes_per_score)


def _chunk_size_in_graph(query, key, num_scores):
    batch = ops.maximum(ops.shape(query)[0], ops.shape(key)[0])
    scores_per_query = ops.cast(batch, "float32") * ops.cast(
        ops.shape(key)[2], "float32"
    )
    most = ops.cast(ops.maximum(ops.shape(query)[2], 1), "float32")
    size = num_scores / ops.maximum(scores_per_query, 1.0)
    return ops.cast(ops.clip(size, 1.0, most), "int32")


def _with_equal_batches(*tensors):
    """Repeats what has a batch of one, so that it gets its own gradient."""
    batch = next((ops.shape(x)[0] for x in tensors if x.shape[0] != 1), 1)
    return [ops.broadcast_to(x, (batch, *ops.shape(x)[1:])) for x in tensors]
