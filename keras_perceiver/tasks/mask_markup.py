r"""The written form of masks, read inside a TensorFlow graph.

`[MASK]` stands for one unknown byte, `[MASK:9]` for nine, and `\[MASK]` for
the letters themselves. Core operations alone, over whole batches: a row's
answer depends on nothing but the row. `split_at_masks` reads the same form in
Python, for tokens that no core operation makes.
"""

import re

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import PAD

MAXIMUM_DIGITS = 4
# A mark in a text, unless a backslash stands before it.
MARK = re.compile(rb"\[MASK(?::([0-9]{1,%d}))?\]" % MAXIMUM_DIGITS)
_LONGEST_MARK = len("[MASK:]") + MAXIMUM_DIGITS
# No text that fits a model is longer than this many bytes a token.
RAW_BYTES_PER_TOKEN = _LONGEST_MARK + 1
# Stands behind the end of a row, where no byte is.
_NOTHING = -1


def read_masks(text_bytes, length):
    """Turns text with written masks into token ids.

    Args:
        text_bytes: string tensor `(B,)`.
        length: number of ids a row; shorter rows are padded with PAD, longer
            ones are cut.

    Returns:
        int32 `token_ids` `(B, length)`, boolean `padding_mask` (True = valid)
        of the same shape, and int32 `num_tokens` `(B,)`, the ids that each
        row needs, be they more than `length`.
    """
    values = _raw_values(text_bytes, length)
    counts, spans = _find_marks(values)
    is_mark = spans > 0
    is_escape = tf.logical_and(
        tf.equal(values, ord("\\")), _shifted(is_mark, 1, False)
    )
    is_mark = tf.logical_and(
        is_mark, tf.logical_not(_shifted(is_escape, -1, False))
    )
    repeats = tf.where(
        tf.logical_or(
            tf.logical_or(is_escape, tf.equal(values, _NOTHING)),
            _inside(is_mark, spans),
        ),
        0,
        1,
    )
    repeats = tf.where(is_mark, counts, repeats)
    token_of_value = tf.where(is_mark, MASK, values + NUM_SPECIAL_TOKENS)
    return _repeat(token_of_value, repeats, length)


def split_at_masks(text):
    """Splits text with written masks, outside of a graph.

    Args:
        text: bytes.

    Returns:
        A list of bytes, text as it is, and numbers, masks.
    """
    parts, end = [], 0
    for mark in MARK.finditer(text):
        before = text[end : mark.start()]
        if before.endswith(b"\\"):
            parts.append(before[:-1] + mark[0])
        else:
            parts += [before, int(mark[1] or 1)]
        end = mark.end()
    return [*parts, text[end:]]


def _raw_values(text_bytes, length):
    """int32 `(B, W)`: byte values, and `_NOTHING` behind a row's end."""
    lengths = tf.strings.length(text_bytes)
    longest = tf.reduce_max(tf.concat([lengths, [1]], axis=0))
    width = tf.minimum(longest, RAW_BYTES_PER_TOKEN * length)
    values = tf.io.decode_raw(text_bytes, tf.uint8, fixed_length=width)
    return tf.where(
        tf.sequence_mask(lengths, width), tf.cast(values, tf.int32), _NOTHING
    )


def _find_marks(values):
    """For every place, the masks of the mark that starts there, its length.

    Both are 0 where none starts.
    """
    opens = _reads(values, 0, "[MASK")
    one = tf.logical_and(opens, _reads(values, 5, "]"))
    counts = tf.where(one, 1, 0)
    spans = tf.where(one, len("[MASK]"), 0)
    many = tf.logical_and(opens, _reads(values, 5, ":"))
    number = tf.zeros_like(values)
    for digits in range(1, MAXIMUM_DIGITS + 1):
        digit = _shifted(values, 5 + digits, _NOTHING) - ord("0")
        many = tf.logical_and(many, tf.logical_and(digit >= 0, digit <= 9))
        number = 10 * number + digit
        closes = tf.logical_and(many, _reads(values, 6 + digits, "]"))
        counts = tf.where(closes, number, counts)
        spans = tf.where(closes, len("[MASK:]") + digits, spans)
    return counts, spans


def _reads(values, offset, text):
    """True where `text` stands `offset` bytes on."""
    return tf.reduce_all(
        [
            tf.equal(_shifted(values, offset + i, _NOTHING), ord(letter))
            for i, letter in enumerate(text)
        ],
        axis=0,
    )


def _inside(is_mark, spans):
    """True at every byte of a mark but its first."""
    spans = tf.where(is_mark, spans, 0)
    inside = tf.zeros_like(is_mark)
    for offset in range(1, _LONGEST_MARK):
        inside = tf.logical_or(inside, _shifted(spans, -offset, 0) > offset)
    return inside


def _shifted(x, offset, fill):
    """`result[:, i] = x[:, i + offset]`, and `fill` beyond the edges."""
    edge = tf.fill(tf.stack([tf.shape(x)[0], abs(offset)]), fill)
    if offset < 0:
        return tf.concat([edge, x], axis=1)[:, : tf.shape(x)[1]]
    return tf.concat([x, edge], axis=1)[:, offset:]


def _repeat(token_of_value, repeats, length):
    """Writes each token as often as `repeats` says, `length` in all."""
    ends = tf.cumsum(repeats, axis=1)
    num_tokens = ends[:, -1]
    batch = tf.shape(repeats)[0]
    places = tf.tile(tf.range(length)[None], tf.stack([batch, 1]))
    sources = tf.searchsorted(ends, places, side="right")
    sources = tf.minimum(sources, tf.shape(repeats)[1] - 1)
    padding_mask = places < num_tokens[:, None]
    token_ids = tf.gather(token_of_value, sources, batch_dims=1)
    return tf.where(padding_mask, token_ids, PAD), padding_mask, num_tokens
