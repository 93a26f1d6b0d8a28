"""Bytes as tokens, in Python and in a graph."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_perceiver.data.byte_tokenizer import ByteTokenizer

TOKENIZER = ByteTokenizer()
EVERY_BYTE = bytes(range(256))
# Traced once for any batch and any length.
STRINGS = tf.TensorSpec((None,), tf.string)
LENGTH = tf.TensorSpec((), tf.int32)
IDS = tf.TensorSpec((None, None), tf.int32)
encode_in_graph = tf.function(
    TOKENIZER.encode_tensor, input_signature=[STRINGS, LENGTH]
)
decode_in_graph = tf.function(TOKENIZER.decode_tensor, input_signature=[IDS])
texts = st.lists(st.binary(max_size=40), max_size=5)


def encoded(batch, length):
    """Ids and mask of a batch, from the graph, as arrays."""
    batch = tf.constant(batch, tf.string, shape=[len(batch)])
    token_ids, padding_mask = encode_in_graph(batch, length)
    return token_ids.numpy(), padding_mask.numpy()


def test_every_byte_has_the_published_id():
    token_ids = TOKENIZER.encode(EVERY_BYTE)
    assert token_ids.dtype == np.int32
    assert token_ids.tolist() == list(range(6, 262))
    assert TOKENIZER.vocabulary_size == 262
    assert (TOKENIZER.pad_id, TOKENIZER.mask_id) == (0, 3)


def test_every_byte_is_the_same_in_a_graph():
    token_ids, padding_mask = encoded([EVERY_BYTE], 256)
    assert token_ids.dtype == np.int32
    np.testing.assert_array_equal(token_ids[0], TOKENIZER.encode(EVERY_BYTE))
    assert padding_mask.all()
    assert decode_in_graph(token_ids).numpy() == [EVERY_BYTE]


def test_str_is_taken_as_utf_8():
    assert TOKENIZER.encode("é").tolist() == [0xC3 + 6, 0xA9 + 6]
    for text in ("", "naïve 🙂", "a\0b"):
        expected = TOKENIZER.encode(text.encode())
        np.testing.assert_array_equal(TOKENIZER.encode(text), expected)


@settings(deadline=None)
@given(texts, st.integers(1, 50))
def test_graph_and_python_encode_alike(batch, length):
    token_ids, padding_mask = encoded(batch, length)
    assert token_ids.shape == padding_mask.shape == (len(batch), length)
    for row, text in enumerate(batch):
        kept = TOKENIZER.encode(text)[:length]
        np.testing.assert_array_equal(token_ids[row, : len(kept)], kept)
        assert (token_ids[row, len(kept) :] == TOKENIZER.pad_id).all()
        assert padding_mask[row].sum() == len(kept)
        assert padding_mask[row, : len(kept)].all()


@settings(deadline=None)
@given(texts)
def test_decoding_gives_the_text_back(batch):
    token_ids, _ = encoded(batch, 40)
    assert decode_in_graph(token_ids).numpy().tolist() == batch
    for text in batch:
        assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


@settings(deadline=None)
@given(st.lists(st.integers(0, 261), max_size=30))
def test_special_tokens_decode_to_nothing(token_ids):
    expected = bytes(i - 6 for i in token_ids if i >= 6)
    assert TOKENIZER.decode(token_ids) == expected
    row = np.array([token_ids], np.int32)
    assert decode_in_graph(row).numpy().tolist() == [expected]
    pieces = TOKENIZER.bytes_of_tensor(row).numpy()
    assert pieces.shape == row.shape
    expected = [bytes([i - 6]) if i >= 6 else b"" for i in token_ids]
    assert pieces[0].tolist() == expected


def test_byte_zero_at_the_end_is_no_padding():
    token_ids, padding_mask = encoded([b"a\0", b"a", b"\0\0\0", b""], 3)
    assert token_ids.tolist() == [[103, 6, 0], [103, 0, 0], [6, 6, 6], [0] * 3]
    assert padding_mask.sum(axis=1).tolist() == [2, 1, 3, 0]


def test_no_rows_give_no_rows():
    token_ids, padding_mask = encoded([], 7)
    assert token_ids.shape == padding_mask.shape == (0, 7)
    assert decode_in_graph(token_ids).shape == (0,)


@pytest.mark.parametrize("function", [encode_in_graph, decode_in_graph])
def test_the_graph_is_of_core_operations(function):
    graph_def = function.get_concrete_function().graph.as_graph_def()
    operations = {node.op for node in graph_def.node}
    for inner in graph_def.library.function:
        operations |= {node.op for node in inner.node_def}
    assert len(operations) > 3
    # Operations of other libraries are called `Library>Operation`.
    assert not [op for op in operations if ">" in op or "PyFunc" in op]
