"""The numeric core of attention, on tensors alone.

Layers own the weights and call these functions with the projected tensors;
whatever has to differ between backends for speed belongs here.
"""

import dataclasses
import math

import keras
from keras import ops

from keras_perceiver.layers.attention_memory import get_attention_memory
from keras_perceiver.layers.query_chunks import QueryChunks
from keras_perceiver.layers.query_chunks import chunk_size


@dataclasses.dataclass(frozen=True)
class Dropout:
    """Drops attention weights: the same ones whenever it is asked again.

    The backward pass makes scores anew, and has to drop what was dropped.

    Attributes:
        rate: the share to drop.
        seed: a tensor, as `keras.random.SeedGenerator.next` gives it.
    """

    rate: float
    seed: object

    def __call__(self, weights, chunk=0):
        """Drops from the weights of the chunk of queries of that number."""
        step = ops.stack([ops.zeros_like(chunk), chunk])
        seed = _GivenSeed(self.seed + ops.cast(step, self.seed.dtype))
        return keras.random.dropout(weights, self.rate, seed=seed)


class _GivenSeed(keras.random.SeedGenerator):
    """A seed that is a tensor already, where Keras wants a generator."""

    def __init__(self, seed):
        self._seed = seed

    def next(self, ordered=True):
        return self._seed


def masked_logit(dtype):
    """The score that stands for "never attend" in `dtype`.

    The reference replaces masked scores by -1e30, which float16 cannot hold.
    """
    is_half = keras.backend.standardize_dtype(dtype) == "float16"
    return -1e4 if is_half else -1e30


def masked_scores(scores, mask):
    """Replaces scores by `masked_logit` where `mask` is False.

    Args:
        scores: any shape.
        mask: booleans that broadcast against `scores`, or None.
    """
    if mask is None:
        return scores
    never = ops.cast(masked_logit(scores.dtype), scores.dtype)
    return ops.where(ops.cast(mask, "bool"), scores, never)


def attend(query, key, value, attention_mask=None, dropout=None):
    """Softmax attention, with fully masked rows set to zero.

    Perceiver IO, appendix E.1. The scale multiplies the scores after the
    product, and the softmax runs in their own dtype, as in the reference.
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
        weights = _attention_weights(query, key, attention_mask)
        return _mix(weights, value, attention_mask, dropout)
    query, key, value = _with_equal_batches(query, key, value)
    return _attend_in_chunks(query, key, value, attention_mask, dropout, size)


def attend_with_scores(query, key, value, attention_mask=None, dropout=None):
    """`attend`, and the attention weights that it mixed the values by.

    Takes what `attend` takes. The weights are held whole, which `attend`
    need not do.

    Returns:
        `(B, H, O, e)`, and the weights `(B, H, O, M)` before dropout. A row
        of them sums to 1, or to 0 where a query may attend to nothing.
    """
    weights = _attention_weights(query, key, attention_mask)
    mixed = _mix(weights, value, attention_mask, dropout)
    return mixed, _without_idle_rows(weights, attention_mask)


def wait_for(x, other):
    """`x`, from which nothing is computed before `other` is there.

    TensorFlow computes whatever it can as early as it can: all projections
    of the decoder's queries while the encoder runs, for which they wait.
    """
    if keras.backend.backend() != "tensorflow":
        return x
    import tensorflow as tf

    with tf.control_dependencies([other]):
        return tf.identity(x)


def outer_mask(query_mask, input_mask):
    """Joins two masks to one that broadcasts against `(B, O, M)`.

    Args:
        query_mask: `(B, O)` booleans, or None if every query is valid.
        input_mask: `(B, M)` booleans, or None if every input is valid.

    Returns:
        Booleans `(B, O, M)`, `(B, 1, M)` or `(B, O, 1)`, or None.
    """
    if query_mask is None and input_mask is None:
        return None
    if query_mask is None:
        return ops.cast(input_mask, "bool")[:, None, :]
    rows = ops.cast(query_mask, "bool")[:, :, None]
    if input_mask is None:
        return rows
    return ops.logical_and(rows, ops.cast(input_mask, "bool")[:, None, :])


def _attention_weights(query, key, attention_mask):
    scores = ops.matmul(query, _swapped(key))
    scores = scores * (1.0 / math.sqrt(query.shape[-1]))
    return ops.softmax(masked_scores(scores, attention_mask), axis=-1)


def _mix(weights, value, attention_mask, dropout):
    if dropout is not None:
        weights = dropout(weights)
    return _without_idle_rows(ops.matmul(weights, value), attention_mask)


def _without_idle_rows(rows, attention_mask):
    """Zeros for the rows of queries that may attend to nothing."""
    if attention_mask is None:
        return rows
    may_attend = ops.any(attention_mask, axis=-1, keepdims=True)
    return ops.where(may_attend, rows, ops.zeros((), rows.dtype))


def _swapped(x):
    return ops.transpose(x, (0, 1, 3, 2))


def _chunk_size(query, key):
    """How many queries to take at a time; None where all scores are small.

    A number where shapes are known, else a tensor.
    """
    memory = get_attention_memory()
    if math.isinf(memory):
        return None
    bytes_per_score = query.shape[1] * _num_bytes(query)  # Of all heads.
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


def _num_bytes(x):
    return int(keras.backend.standardize_dtype(x.dtype)[-2:]) // 8


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


def _attend_in_chunks(query, key, value, attention_mask, dropout, size):
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
        weights = drop(_attention_weights(query, key, mask), chunk)
        return _mix(weights, value, mask, None)

    def gradients(query, key, value, upstream, chunk):
        mask = mask_of(chunk)
        upstream = _without_idle_rows(upstream, mask)
        weights = _attention_weights(query, key, mask)
        d_value = ops.matmul(_swapped(drop(weights, chunk)), upstream)
        # Dropping is linear, so that gradients are dropped like weights.
        d_weights = drop(ops.matmul(upstream, _swapped(value)), chunk)
        inner = ops.sum(d_weights * weights, axis=-1, keepdims=True)
        d_scores = weights * (d_weights - inner)
        d_scores = d_scores * (1.0 / math.sqrt(query.shape[-1]))
        d_query = ops.matmul(d_scores, key)
        return d_query, ops.matmul(_swapped(d_scores), query), d_value

    @ops.custom_gradient
    def attend_all(query, key, value):
        output = chunks.map(
            lambda rows, chunk: answer(rows, key, value, chunk), query
        )

        def gradient(*arguments, upstream=None):
            # Keras passes it by position on TensorFlow and JAX.
            d_output = arguments[0] if upstream is None else upstream
            # Else the first chunk of every layer is there from the start.
            given = (wait_for(x, d_output) for x in (query, key, value))
            return _sum_gradients(chunks, gradients, *given, d_output)

        return output, gradient

    return attend_all(query, key, value)


def _sum_gradients(chunks, function, query, key, value, upstream):
    """Gradients of query, key and value, chunk by chunk.

    Those of key and value never add up in half precision: a sum of hundreds
    of chunks would lose what each of them adds.
    """
    queries, upstreams = chunks.split(query), chunks.split(upstream)
    dtype = "float32" if _num_bytes(key) == 2 else key.dtype

    def add_chunk(chunk, d_queries, d_key, d_value):
        one_query, one_key, one_value = function(
            ops.take(queries, chunk, axis=0),
            key,
            value,
            ops.take(upstreams, chunk, axis=0),
            chunk,
        )
        return (
            chunk + 1,
            ops.slice_update(d_queries, (chunk, 0, 0, 0, 0), one_query[None]),
            d_key + ops.cast(one_key, dtype),
            d_value + ops.cast(one_value, dtype),
        )

    _, d_queries, d_key, d_value = _loop(
        chunks.number,
        add_chunk,
        ops.zeros_like(queries),
        ops.zeros_like(key, dtype=dtype),
        ops.zeros_like(value, dtype=dtype),
    )
    return (
        chunks.join(d_queries),
        ops.cast(d_key, key.dtype),
        ops.cast(d_value, value.dtype),
    )


def _loop(number, body, *state):
    """Runs `body(i, *state)` for each `i` below `number`, in turn."""

    def is_left(i, *state):
        return i < number

    state = (ops.zeros((), "int32"), *state)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # By default ten chunks at a time, with the memory of all ten.
        return tf.while_loop(is_left, body, state, parallel_iterations=1)
    return ops.while_loop(is_left, body, state)
