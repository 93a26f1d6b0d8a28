"""Attention for some queries at a time, forward and backward."""

from keras import ops

from keras_perceiver.layers.kernels.backend import loop
from keras_perceiver.layers.kernels.backend import wait_for
from keras_perceiver.layers.kernels.masks import without_idle_rows
from keras_perceiver.layers.kernels.plain_attention import attention_weights
from keras_perceiver.layers.kernels.plain_attention import mix
from keras_perceiver.layers.kernels.plain_attention import num_bytes
from keras_perceiver.layers.kernels.plain_attention import scaled
from keras_perceiver.layers.kernels.plain_attention import swapped
from keras_perceiver.layers.kernels.query_chunks import QueryChunks


def attend_in_chunks(query, key, value, attention_mask, dropout, size):
    """`attend` for `size` queries at a time.

    The backward pass makes scores anew instead of keeping them. Whatever
    needs a gradient is an argument of the inner function: TensorFlow would
    drop the gradient of what that function captures, without a word.
    """
    chunks = QueryChunks(query, size)
    masks = None
    if attention_mask is not None and attention_mask.shape[2] != 1:
        masks = chunks.split(ops.cast(attention_mask, "bool"))

    def mask_of(chunk):
        if masks is None:
            return attention_mask
        return ops.take(masks, chunk, axis=0)

    def drop(weights, chunk):
        return weights if dropout is None else dropout(weights, chunk)

    def answer(query, key, value, chunk):
        mask = mask_of(chunk)
        weights = drop(attention_weights(query, key, mask), chunk)
        return mix(weights, value, mask, None)

    def gradients(query, key, value, upstream, chunk):
        mask = mask_of(chunk)
        upstream = without_idle_rows(upstream, mask)
        weights = attention_weights(query, key, mask)
        d_value = ops.matmul(swapped(drop(weights, chunk)), upstream)
        # Dropping is linear, so that gradients are dropped like weights.
        d_weights = drop(ops.matmul(upstream, swapped(value)), chunk)
        inner = ops.sum(d_weights * weights, axis=-1, keepdims=True)
        d_scores = weights * (d_weights - inner)
        d_query = scaled(ops.matmul(d_scores, key))
        d_key = ops.matmul(swapped(d_scores), scaled(query))
        return d_query, d_key, d_value

    @ops.custom_gradient
    def attend_all(query, key, value):
        output = _answer_all(chunks, answer, query, key, value)

        def gradient(*arguments, upstream=None):
            # Keras passes it by position on TensorFlow and JAX.
            d_output = arguments[0] if upstream is None else upstream
            # Else the first chunk of every layer is there from the start.
            given = (wait_for(x, d_output) for x in (query, key, value))
            return _sum_gradients(chunks, gradients, *given, d_output)

        return output, gradient

    return attend_all(query, key, value)


def _answer_all(chunks, function, query, key, value):
    """What the queries read, chunk by chunk."""
    queries = chunks.split(query)

    def answer_chunk(chunk):
        rows = ops.take(queries, chunk, axis=0)
        return (function(rows, key, value, chunk),)

    shape = (*ops.shape(queries)[1:-1], value.shape[-1])
    answers, *_ = loop(chunks.number, answer_chunk, shape, value.dtype)
    return chunks.join(answers)


def _sum_gradients(chunks, function, query, key, value, upstream):
    """Gradients of query, key and value, chunk by chunk.

    Those of key and value never add up in half precision: a sum of hundreds
    of chunks would lose what each of them adds.
    """
    queries, upstreams = chunks.split(query), chunks.split(upstream)
    dtype = "float32" if num_bytes(key) == 2 else key.dtype

    def add_chunk(chunk, d_key, d_value):
        one_query, one_key, one_value = function(
            ops.take(queries, chunk, axis=0),
            key,
            value,
            ops.take(upstreams, chunk, axis=0),
            chunk,
        )
        return (
            one_query,
            d_key + ops.cast(one_key, dtype),
            d_value + ops.cast(one_value, dtype),
        )

    d_queries, d_key, d_value = loop(
        chunks.number,
        add_chunk,
        ops.shape(queries)[1:],
        queries.dtype,
        ops.zeros_like(key, dtype=dtype),
        ops.zeros_like(value, dtype=dtype),
    )
    return (
        chunks.join(d_queries),
        ops.cast(d_key, key.dtype),
        ops.cast(d_value, value.dtype),
    )
