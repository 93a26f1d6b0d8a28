"""Token ids of pieces, as exports take them in place of texts."""

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import PAD


def known_ids(token_ids, vocabulary_size):
    """Says of each row whether some of its ids are none, and drops those.

    Args:
        token_ids: int32 `(B, L)`.
        vocabulary_size: how many ids there are.

    Returns:
        The ids with PAD in place of those, and the problems `(B,)`, "" where
        all is well.
    """
    is_known = (token_ids >= 0) & (token_ids < vocabulary_size)
    problems = tf.where(
        tf.reduce_all(is_known, axis=1),
        "",
        f"token_ids are from 0 to {vocabulary_size - 1}, and some of "
        "these are not. Make them with the model's own vocabulary.",
    )
    return tf.where(is_known, token_ids, PAD), problems
