"""Whole-word masking."""

import re

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.data.word_masking import covers_marked
from keras_perceiver.data.word_masking import mask_words

MASK = ByteTokenizer.mask_id
encode = ByteTokenizer().encode
in_graph = tf.function(
    lambda token_ids, seed, probability: mask_words(
        token_ids, seed, mask_id=MASK, probability=probability
    ),
    input_signature=[
        tf.TensorSpec((None,), tf.int32),
        tf.TensorSpec((2,), tf.int64),
        tf.TensorSpec((), tf.float32),
    ],
)


def masked(token_ids, seed=(0, 0), probability=0.15):
    token_ids = np.asarray(token_ids, np.int32)
    masked_ids, is_masked = in_graph(token_ids, seed, probability)
    return masked_ids.numpy(), is_masked.numpy()


def words_of(token_ids):
    """Places of each word, slowly: runs of bytes that are no whitespace."""
    text = "".join(chr(i - 6) if i >= 6 else " " for i in token_ids)
    # Only ASCII's whitespace; `\s` would take bytes such as 0xA0 too.
    return [range(*m.span()) for m in re.finditer("[^ \t\n\r\v\f]+", text)]


# Bytes, with whitespace and special tokens much more often than by chance.
TOKENS = st.lists(
    st.one_of(
        st.sampled_from([*encode("ab\x1c\x85\xa0"), *encode(" \t\n\r\v\f")]),
        st.integers(0, 5),
        st.integers(6, 261),
    ),
    max_size=40,
)
SEEDS = st.tuples(st.integers(0, 2**31), st.integers(0, 2**40))


@settings(deadline=None)
@given(TOKENS, SEEDS)
def test_words_are_masked_as_a_whole_and_nothing_else(token_ids, seed):
    masked_ids, is_masked = masked(token_ids, seed, 0.5)
    words = words_of(token_ids)
    for word in words:
        assert len(set(is_masked[word])) == 1
    in_words = {place for word in words for place in word}
    assert set(np.flatnonzero(is_masked)) <= in_words
    expected = np.where(is_masked, MASK, token_ids)
    np.testing.assert_array_equal(masked_ids, expected)


@settings(deadline=None)
@given(TOKENS)
def test_probability_zero_and_one_mask_no_word_and_every_word(token_ids):
    masked_ids, is_masked = masked(token_ids, probability=0)
    assert not is_masked.any()
    assert masked_ids.tolist() == token_ids
    _, is_masked = masked(token_ids, probability=1)
    expected = sorted(place for word in words_of(token_ids) for place in word)
    assert np.flatnonzero(is_masked).tolist() == expected


def masked_words(text, seed, probability=0.15):
    """One boolean a word of `text`."""
    token_ids = encode(text)
    _, is_masked = masked(token_ids, seed, probability)
    return np.array([is_masked[word[0]] for word in words_of(token_ids)])


def draws(count, probability):
    """Which of 100 words are masked, for `count` example numbers."""
    text = b"word of text  " * 33 + b"end"
    rows = [masked_words(text, (7, n), probability) for n in range(count)]
    return np.stack(rows)


def test_share_of_masked_words_is_the_probability():
    for probability in (0.15, 0.5):
        chosen = draws(500, probability)
        assert chosen.shape == (500, 100)
        # Four deviations of the binomial; the seeds are fixed.
        deviation = np.sqrt(probability * (1 - probability))
        bound = 4 * deviation / np.sqrt(chosen.size)
        assert bound < 0.01
        assert abs(chosen.mean() - probability) < bound
        # Every word alike, the first and the last of a text too.
        bound = 4.5 * deviation / np.sqrt(len(chosen))
        assert abs(chosen.mean(axis=0) - probability).max() < bound


def test_words_are_drawn_independently():
    chosen = draws(500, 0.5)
    # Of counts of 100 fair coins the variance is 25.
    assert 20 < chosen.sum(axis=1).var() < 30
    neighbours = (chosen[:, 1:] == chosen[:, :-1]).mean()
    assert abs(neighbours - 0.5) < 0.01


def test_one_seed_gives_one_mask():
    text = b"one two three four five six seven " * 10
    first = masked_words(text, (3, 8), 0.5)
    np.testing.assert_array_equal(masked_words(text, (3, 8), 0.5), first)
    for other in ((3, 9), (4, 8), (8, 3)):
        same = (masked_words(text, other, 0.5) == first).mean()
        assert 0.2 < same < 0.8


def test_other_text_does_not_change_which_words_are_drawn():
    """The choice goes by the seed and a word's number in the text."""
    long, short = b"aaaa bbbbbb cc  ddddd " * 9, b"a b c d " * 9
    # Draws are as many as tokens, so that texts are of one length.
    short += b" " * (len(long) - len(short))
    np.testing.assert_array_equal(
        masked_words(long, (0, 1), 0.5), masked_words(short, (0, 1), 0.5)
    )


def test_eager_and_graph_agree_on_the_default():
    token_ids = encode("the quick brown fox jumps over it " * 5)
    eager_ids, eager_mask = mask_words(
        tf.constant(token_ids), [5, 6], mask_id=MASK
    )
    masked_ids, is_masked = masked(token_ids, (5, 6), 0.15)
    np.testing.assert_array_equal(eager_ids, masked_ids)
    np.testing.assert_array_equal(eager_mask, is_masked)
    assert 0 < is_masked.sum() < len(token_ids) / 2


@settings(deadline=None)
@given(
    st.lists(st.booleans(), max_size=20),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=10),
)
def test_spans_cover_marked_bytes_as_counted_by_hand(marks, spans):
    spans = [(begin, begin + size) for begin, size in spans]
    begins, ends = np.reshape(spans, (-1, 2)).astype("int32").T
    covers = covers_marked(tf.constant(marks, tf.bool), begins, ends)
    # A span of nothing stands for the byte that it begins at.
    expected = [any(marks[a : max(b, a + 1)]) for a, b in spans]
    assert covers.numpy().tolist() == expected
