"""What may attend to what."""

import keras
from keras import ops


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


def without_idle_rows(rows, attention_mask):
    """Zeros for the rows of queries that may attend to nothing."""
    if attention_mask is None:
        return rows
    may_attend = ops.any(attention_mask, axis=-1, keepdims=True)
    return ops.where(may_attend, rows, ops.zeros((), rows.dtype))
