"""Two texts as one row of tokens."""

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import PAD
from keras_perceiver.data.byte_tokenizer import SEP
from keras_perceiver.data.byte_tokenizer import ByteTokenizer


def join_pairs(first_bytes, second_bytes, length):
    """Encodes pairs of texts, the second behind a SEP, inside a graph.

    The paper does not say how it joins the two texts of a GLUE example; this
    is our choice, with the separator that the vocabulary has.

    Args:
        first_bytes: string tensor `(B,)`.
        second_bytes: the same; where it is empty there is no SEP either.
        length: number of ids a row. Shorter rows are padded with PAD, longer
            ones are cut.

    Returns:
        int32 `token_ids` and boolean `padding_mask` (True = valid), both
        `(B, length)`; and int32 `(B,)`, how many tokens each row would take.
    """
    tokenizer = ByteTokenizer()
    first_ids, _ = tokenizer.encode_tensor(first_bytes, length)
    second_ids, _ = tokenizer.encode_tensor(second_bytes, length)
    return _join(
        first_ids,
        tf.strings.length(first_bytes),
        second_ids,
        tf.strings.length(second_bytes),
    )


def join_piece_pairs(tokenizer, first_bytes, second_bytes, length):
    """Encodes pairs of texts as pieces, joined as `join_pairs` joins bytes.

    Args:
        tokenizer: a `SentencepieceTokenizer`.
        first_bytes: string tensor `(B,)`.
        second_bytes: the same; where it has no pieces there is no SEP either.
        length: number of ids a row, as of `join_pairs`.

    Returns:
        What `join_pairs` does.
    """
    return _join(
        *_pieces(tokenizer, first_bytes, length),
        *_pieces(tokenizer, second_bytes, length),
    )


def _pieces(tokenizer, text_bytes, length):
    """The ids `(B, length)`, and how many there were before they were cut."""
    ragged = tokenizer.encode_ragged(text_bytes)
    counts = tf.cast(ragged.row_lengths(), tf.int32)
    return ragged.to_tensor(PAD, shape=(None, length)), counts


def _join(first_ids, first_length, second_ids, second_length):
    """Joins ids `(B, length)` of texts that may be longer than that."""
    length = first_ids.shape[1]
    num_tokens = first_length + tf.where(
        second_length > 0, 1 + second_length, 0
    )
    # Where in the second text each position is; -1 is that of the SEP.
    places = tf.range(length) - first_length[:, None] - 1
    behind = tf.where(
        tf.equal(places, -1),
        SEP,
        tf.gather(second_ids, tf.maximum(places, 0), batch_dims=1),
    )
    is_first = tf.sequence_mask(first_length, length)
    padding_mask = tf.sequence_mask(num_tokens, length)
    token_ids = tf.where(is_first, first_ids, behind)
    return tf.where(padding_mask, token_ids, PAD), padding_mask, num_tokens
