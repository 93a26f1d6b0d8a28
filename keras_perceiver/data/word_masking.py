"""Whole-word masking (Perceiver IO, section 4.1)."""

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS

WHITESPACE = b" \t\n\r\v\f"


def mask_words(token_ids, seed, *, mask_id, probability=0.15):
    """Masks each whitespace-delimited word with the given probability.

    All bytes of a chosen word are replaced; there is no 80/10/10 rule, since
    the paper mentions none. The choice depends on `seed` alone: the same
    example is masked alike whenever and wherever it is made.

    Args:
        token_ids: int32 `(L,)` byte tokens; special tokens, padding among
            them, are never masked and end a word.
        seed: integer `(2,)`, such as (seed, example number).
        mask_id: the id that replaces a masked byte.
        probability: of a word being masked.

    Returns:
        The masked ids and `is_masked` booleans, both `(L,)`.
    """
    in_word = is_word_byte(token_ids)
    after_gap = tf.concat([[True], tf.logical_not(in_word[:-1])], axis=0)
    word_starts = tf.logical_and(in_word, after_gap)
    word_numbers = tf.cumsum(tf.cast(word_starts, tf.int32))
    draws = tf.random.stateless_uniform([tf.size(token_ids) + 1], seed)
    chosen = tf.gather(draws < probability, word_numbers)
    is_masked = tf.logical_and(in_word, chosen)
    return tf.where(is_masked, mask_id, token_ids), is_masked


def is_word_byte(token_ids):
    """True at the bytes of words; whitespace and special tokens end them."""
    table = [False] * NUM_SPECIAL_TOKENS
    table += [value not in WHITESPACE for value in range(256)]
    return tf.gather(tf.constant(table), token_ids)


def covers_marked(is_marked, begins, ends):
    """Which spans of bytes have a marked one among them.

    So the tokens of masked words are found, whatever tokens are. A span of
    nothing stands for the byte that it begins at.

    Args:
        is_marked: booleans `(L,)`.
        begins: int32 `(n,)`, the first byte of each span.
        ends: int32 `(n,)`, the one behind its last.

    Returns:
        Booleans `(n,)`.
    """
    counts = tf.cumsum(tf.cast(is_marked, tf.int32))
    counts = tf.concat([[0], counts], axis=0)
    length = tf.size(is_marked)
    before = tf.gather(counts, tf.minimum(begins, length))
    ends = tf.minimum(tf.maximum(ends, begins + 1), length)
    return tf.gather(counts, ends) > before
