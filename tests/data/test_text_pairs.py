"""Pairs of texts as tokens."""

import numpy as np
import sentencepiece
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from keras_perceiver.data.byte_tokenizer import SEP
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.data.sentencepiece_tokenizer import SentencepieceTokenizer
from keras_perceiver.data.text_pairs import join_pairs
from keras_perceiver.data.text_pairs import join_piece_pairs
from tests.vocabularies import small_model

LENGTH = 9


def by_hand(first, second):
    ids = list(ByteTokenizer().encode(first))
    if second:
        ids += [SEP, *ByteTokenizer().encode(second)]
    return ids


@given(
    st.lists(
        st.tuples(st.binary(max_size=12), st.binary(max_size=12)), max_size=4
    )
)
def test_the_second_stands_behind_a_separator(pairs):
    token_ids, padding_mask, num_tokens = join_pairs(
        tf.constant([first for first, _ in pairs], tf.string),
        tf.constant([second for _, second in pairs], tf.string),
        LENGTH,
    )
    assert token_ids.shape == padding_mask.shape == (len(pairs), LENGTH)
    for row, pair in enumerate(pairs):
        expected = by_hand(*pair)
        assert num_tokens[row] == len(expected)
        kept = expected[:LENGTH]
        padding = [0] * (LENGTH - len(kept))
        np.testing.assert_array_equal(token_ids[row], kept + padding)
        assert np.sum(padding_mask[row]) == len(kept)
        assert np.all(padding_mask[row, : len(kept)])


def test_pieces_are_joined_as_bytes_are():
    model = small_model()
    reference = sentencepiece.SentencePieceProcessor(model_proto=model)
    pairs = [
        ("the object", ""),
        ("names are", "is defined"),
        ("", "the"),
        ("the statement is used to define a new name", "the object"),
        ("", ""),
    ]
    token_ids, padding_mask, num_tokens = join_piece_pairs(
        SentencepieceTokenizer(model),
        *(tf.constant(texts) for texts in zip(*pairs, strict=True)),
        LENGTH,
    )
    assert max(num_tokens) > LENGTH
    for row, (first, second) in enumerate(pairs):
        expected = [piece + 6 for piece in reference.encode(first)]
        if second:
            pieces = reference.encode(second)
            expected += [SEP, *(piece + 6 for piece in pieces)]
        assert num_tokens[row] == len(expected)
        kept = expected[:LENGTH]
        padding = [0] * (LENGTH - len(kept))
        np.testing.assert_array_equal(token_ids[row], kept + padding)
        np.testing.assert_array_equal(padding_mask[row], token_ids[row] != 0)
