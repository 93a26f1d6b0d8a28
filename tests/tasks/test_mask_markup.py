r"""The written form of masks, against a parser of a few lines."""

import re
import time

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_perceiver.tasks.mask_markup import read_masks
from keras_perceiver.tasks.mask_markup import split_at_masks

PAD, MASK = 0, 3
# Traced once for any batch and any length.
in_graph = tf.function(
    read_masks,
    input_signature=[
        tf.TensorSpec((None,), tf.string),
        tf.TensorSpec((), tf.int32),
    ],
)
PIECES = st.sampled_from(
    [
        b"[MASK]",
        b"[MASK:3]",
        b"[MASK:12]",
        b"[MASK:007]",
        b"[MASK:9999]",
        b"[MASK:99999]",
        b"[MASK:0]",
        b"[MASK:",
        b"[MASK:]",
        b"[MASK:x]",
        b"[MASK: 3]",
        b"[MASK:1:]",
        b"[MASK:2/]",
        b"[MASK:3",
        b"[MASK",
        b"[mask]",
        b"[",
        b"]",
        b":",
        b"7",
        b"\\",
        b"\\[MASK]",
        b"\\[MASK:5]",
        b"\0",
    ]
)
TEXTS = st.lists(st.one_of(PIECES, PIECES, st.binary(max_size=3)), max_size=12)
LENGTHS = st.sampled_from([1, 2, 20, 200])


def reference(text):
    """Token ids of a text, one mark after the other."""
    token_ids, end = [], 0
    for mark in re.finditer(rb"(\\)?\[MASK(:([0-9]{1,4}))?\]", text):
        token_ids += [byte + 6 for byte in text[end : mark.start()]]
        if mark[1]:
            token_ids += [byte + 6 for byte in mark[0][1:]]
        else:
            token_ids += [MASK] * int(mark[3] or 1)
        end = mark.end()
    return token_ids + [byte + 6 for byte in text[end:]]


def read(batch, length):
    batch = tf.constant(batch, tf.string, shape=[len(batch)])
    token_ids, padding_mask, num_tokens = in_graph(batch, length)
    for tensor in (token_ids, num_tokens):
        assert tensor.dtype == tf.int32
    assert token_ids.shape == padding_mask.shape == (len(batch), length)
    return token_ids.numpy(), padding_mask.numpy(), num_tokens.numpy()


def assert_as_reference(batch, length):
    token_ids, padding_mask, num_tokens = read(batch, length)
    for row, text in enumerate(batch):
        expected = reference(text)
        kept = expected[:length]
        assert token_ids[row, : len(kept)].tolist() == kept
        assert (token_ids[row, len(kept) :] == PAD).all()
        assert padding_mask[row].tolist() == [
            place < len(kept) for place in range(length)
        ]
        assert num_tokens[row] == len(expected)


# Ids and lengths are exact as far as raw text is read, 12 bytes a token.
@settings(deadline=None, max_examples=300)
@given(TEXTS, LENGTHS)
def test_one_text_is_read_as_by_the_reference(pieces, length):
    assert_as_reference([b"".join(pieces)[: 12 * length]], length)


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=5), LENGTHS)
def test_rows_are_read_each_by_itself(rows, length):
    rows = [b"".join(pieces)[: 12 * length] for pieces in rows]
    assert_as_reference(rows, length)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", []),
        (b"a[MASK]b", [103, MASK, 104]),
        (b"[MASK:3]", [MASK] * 3),
        (b"[MASK:003]", [MASK] * 3),
        (b"[MASK][MASK:2]", [MASK] * 3),
        (b"[MASK:0]a", [103]),
        (b"\0[MASK]\0", [6, MASK, 6]),
        (rb"\a", [98, 103]),
    ],
)
def test_marks_are_unknown_bytes(text, expected):
    token_ids, padding_mask, num_tokens = read([text], 5)
    assert token_ids[0].tolist() == expected + [PAD] * (5 - len(expected))
    assert padding_mask.sum() == num_tokens[0] == len(expected)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        (rb"\[MASK]", b"[MASK]"),
        (rb"\[MASK:4]", b"[MASK:4]"),
        (rb"\\[MASK]", rb"\[MASK]"),
        (rb"\[MASK\[MASK]", rb"\[MASK[MASK]"),
        (b"[MASK:12345]", b"[MASK:12345]"),
        (b"[MASK:-1]", b"[MASK:-1]"),
        # What stands beside the digits in ASCII.
        (b"[MASK:1:]", b"[MASK:1:]"),
        (b"[MASK:2/]", b"[MASK:2/]"),
        (b"[MASK", b"[MASK"),
        (b"[Mask]", b"[Mask]"),
    ],
)
def test_what_is_no_mark_stays_as_it_is(text, letters):
    token_ids, _, num_tokens = read([text], 16)
    found = [i - 6 for i in token_ids[0, : num_tokens[0]]]
    assert bytes(found) == letters


def test_a_text_that_is_too_long_says_what_it_needs():
    token_ids, _, num_tokens = read([b"ab[MASK:9999]c", b"a" * 50], 5)
    assert token_ids[0].tolist() == [103, 104, MASK, MASK, MASK]
    assert num_tokens.tolist() == [10_002, 50]


def test_no_rows_give_no_rows():
    token_ids, padding_mask, num_tokens = read([], 9)
    assert token_ids.shape == padding_mask.shape == (0, 9)
    assert num_tokens.shape == (0,)


def test_a_very_long_text_is_cheap():
    """However long it is, no more is read than could fit."""
    read([b""], 8)
    batch = tf.constant([b"[MASK]" + b"a" * 10_000_000, b"b[MASK]"])
    start = time.perf_counter()
    token_ids, _, num_tokens = in_graph(batch, 8)
    # Read as a whole, it takes seconds and gigabytes.
    assert time.perf_counter() - start < 1
    np.testing.assert_array_equal(token_ids[0], [MASK] + 7 * [103])
    assert num_tokens[0] > 8
    assert token_ids[1].numpy().tolist() == [104, MASK] + [PAD] * 6


def test_the_longest_text_that_fits_is_read_whole():
    """Marks of one byte each in their longest form, and letters escaped."""
    for text in (b"[MASK:0001]" * 8, b"\\[MASK:9999]" + b"[MASK:0001]" * 3):
        for length in (8, 15):
            assert_as_reference([text], length)


def test_the_graph_is_of_core_operations():
    graph = in_graph.get_concrete_function().graph
    operations = {node.op for node in graph.as_graph_def().node}
    assert len(operations) > 10
    assert not [op for op in operations if ">" in op or "PyFunc" in op]


@settings(deadline=None)
@given(TEXTS)
def test_python_splits_as_the_graph_reads(pieces):
    text = b"".join(pieces)
    token_ids = []
    for part in split_at_masks(text):
        if isinstance(part, bytes):
            token_ids += [byte + 6 for byte in part]
        else:
            token_ids += [MASK] * part
    assert token_ids == reference(text)
