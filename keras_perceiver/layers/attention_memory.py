"""How much memory the scores of one attention may take."""

import contextlib

DEFAULT_BYTES = 128 * 2**20

_bytes = DEFAULT_BYTES


def get_attention_memory():
    """Returns the bytes that the scores of one attention may take."""
    return _bytes


def set_attention_memory(num_bytes):
    """Sets the bytes that the scores of one attention may take.

    Where more would be needed, attention takes its queries in chunks: the
    same numbers in less memory. Read when a model is traced, so set it
    before the first call of `fit`, `predict` or a `tf.function`.

    Args:
        num_bytes: of the scores that are held at a time, in one layer and
            for the whole batch. The softmax and the backward pass hold a few
            arrays of that size. `float("inf")` never takes chunks.

    Raises:
        ValueError: unless it is a positive number.
    """
    global _bytes
    if not num_bytes > 0:
        raise ValueError(
            "The memory for attention scores is a positive number of bytes. "
            f"Received: num_bytes={num_bytes}"
        )
    _bytes = num_bytes


@contextlib.contextmanager
def attention_memory(num_bytes):
    """Sets the bytes for what is traced within a `with` block."""
    before = get_attention_memory()
    set_attention_memory(num_bytes)
    try:
        yield
    finally:
        set_attention_memory(before)
