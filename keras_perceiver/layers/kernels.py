"""The numeric core of attention, on tensors alone.

Layers own the weights and call these functions with the projected tensors;
whatever has to differ between backends for speed belongs here.
"""

import math

from keras import ops


def masked_logit(dtype):
    """The score that stands for "never attend" in `dtype`.

    The reference replaces masked scores by -1e30, which float16 cannot hold.
    """
    return -1e4 if dtype == "float16" else -1e30


def attend(query, key, value, attention_mask=None, dropout=None):
    """Softmax attention, with fully masked rows set to zero.

    Perceiver IO, appendix E.1. The scale multiplies the scores after the
    product, and the softmax runs in their own dtype, as in the reference.

    Args:
        query: `(B, H, O, d)`. A batch of 1 broadcasts.
        key: `(B, H, M, d)`.
        value: `(B, H, M, e)`.
        attention_mask: booleans that broadcast against `(B, 1, O, M)`, True
            where a query may attend. A row without any True comes out as
            zeros instead of an average over padding.
        dropout: a function that is applied to the attention weights.

    Returns:
        `(B, H, O, e)`.
    """
    scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))
    scores = scores * (1.0 / math.sqrt(query.shape[-1]))
    if attention_mask is not None:
        scores = ops.where(
            attention_mask,
            scores,
            ops.cast(masked_logit(str(scores.dtype)), scores.dtype),
        )
    weights = ops.softmax(scores, axis=-1)
    if dropout is not None:
        weights = dropout(weights)
    mixed = ops.matmul(weights, value)
    if attention_mask is not None:
        may_attend = ops.any(attention_mask, axis=-1, keepdims=True)
        mixed = ops.where(may_attend, mixed, ops.zeros((), mixed.dtype))
    return mixed


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
