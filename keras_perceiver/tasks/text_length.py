"""What is said of texts that are longer than a model."""

import tensorflow as tf


def too_long(num_tokens, max_length, counted):
    """Says by how much each text is too long; "" where it is not.

    Args:
        num_tokens: integer tensor `(B,)`.
        max_length: what the model takes.
        counted: what was counted, such as `"bytes with its masks"`.
    """
    words = tf.strings.join(
        [
            "the text takes ",
            tf.as_string(num_tokens),
            f" {counted}, and the model {max_length}. Shorten it by ",
            tf.as_string(num_tokens - max_length),
            ", or let it be cut with truncate.",
        ]
    )
    return tf.where(num_tokens > max_length, words, "")
