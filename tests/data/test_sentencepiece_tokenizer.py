"""Pieces in a TensorFlow graph, beside the library that defines them."""

import keras
import numpy as np
import pytest
import sentencepiece
import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import PAD
from keras_perceiver.data.sentencepiece_tokenizer import SentencepieceTokenizer
from tests.vocabularies import normalising_model
from tests.vocabularies import small_model

TEXTS = [
    b"the statement is used in the statements",
    b"  two  blanks,\n\ttabs\r\n\n",
    b"",
    "é \uff21\uff22 \uff11\uff12 中文 \u200b \u2581 x".encode(),
    b"cut \xe4\xb8 off \xff\x80 and \x00 zero",
]


@pytest.fixture(scope="module", params=["own", "normalising"])
def model(request):
    return small_model() if request.param == "own" else normalising_model()


@pytest.fixture(scope="module")
def tokenizer(model):
    return SentencepieceTokenizer(model)


@pytest.fixture(scope="module")
def library(model):
    return sentencepiece.SentencePieceProcessor(model_proto=model)


def test_ids_are_those_of_the_library(tokenizer, library):
    ragged = tokenizer.encode_ragged(tf.constant(TEXTS))
    assert ragged.dtype == tf.int32
    for text, token_ids in zip(TEXTS, ragged, strict=True):
        expected = np.array(library.encode(text), int) + NUM_SPECIAL_TOKENS
        np.testing.assert_array_equal(token_ids, expected)
        np.testing.assert_array_equal(tokenizer.encode(text), expected)
    assert tokenizer.vocabulary_size == library.vocab_size() + 6


def test_text_comes_back_as_the_library_gives_it_back(tokenizer, library):
    # The library too spells what it does not know, where it can.
    known = [text for text in TEXTS if library.unk_id() not in
             library.encode(text)]  # fmt: skip
    assert len(known) >= 2
    token_ids, _ = tokenizer.encode_tensor(tf.constant(known), 99)
    decoded = tokenizer.decode_tensor(token_ids).numpy()
    for text, row, came in zip(known, token_ids, decoded, strict=True):
        expected = library.decode(library.encode(text)).encode()
        assert came == tokenizer.decode(row) == expected


def test_own_pieces_spell_any_text_as_it_is():
    tokenizer = SentencepieceTokenizer(small_model())
    for text in TEXTS[:-1]:
        expected = text.replace("\u2581".encode(), b" ")
        assert tokenizer.decode(tokenizer.encode(text)) == expected
    # What is no UTF-8 is one unknown letter for each byte.
    assert tokenizer.decode(tokenizer.encode(b"a\xffb")).decode() == "a\ufffdb"


def test_rows_are_padded_and_cut(tokenizer):
    texts = tf.constant([b"the", b"", b"the statement is used"])
    token_ids, is_valid = tokenizer.encode_tensor(texts, 3)
    assert token_ids.shape == is_valid.shape == (3, 3)
    whole = [tokenizer.encode(text) for text in texts.numpy()]
    assert len(whole[2]) > 3
    for row, valid, ids in zip(token_ids, is_valid, whole, strict=True):
        expected = np.pad(ids[:3], (0, max(3 - len(ids), 0)))
        np.testing.assert_array_equal(row, expected)
        assert valid.numpy().sum() == min(len(ids), 3)
    assert PAD == 0


def test_spans_are_those_of_the_library(tokenizer, library):
    for text in TEXTS:
        token_ids, begins, ends = tokenizer.encode_spans(tf.constant(text))
        np.testing.assert_array_equal(token_ids, tokenizer.encode(text))
        pieces = library.encode(text, return_type="proto").pieces
        expected = [(piece.begin, piece.end) for piece in pieces]
        assert list(zip(begins.numpy(), ends.numpy(), strict=True)) == expected


def test_it_works_inside_a_data_pipeline_of_static_shapes(tokenizer):
    texts = tf.data.Dataset.from_tensor_slices(TEXTS)
    batches = texts.batch(5).map(lambda text: tokenizer.encode_tensor(text, 8))
    assert batches.element_spec[0].shape.as_list() == [None, 8]
    token_ids, _ = next(batches.as_numpy_iterator())
    eager, _ = tokenizer.encode_tensor(tf.constant(TEXTS), 8)
    np.testing.assert_array_equal(token_ids, eager)


def test_it_outlives_what_keras_clears(tokenizer):
    ask = tf.function(lambda text: tokenizer.encode_tensor(text, 8)[0])
    before = ask(tf.constant(TEXTS))
    keras.utils.set_random_seed(1)
    keras.utils.clear_session()
    np.testing.assert_array_equal(ask(tf.constant(TEXTS)), before)
    np.testing.assert_array_equal(
        tokenizer.encode_tensor(tf.constant(TEXTS), 8)[0], before
    )


def test_a_missing_package_is_told_with_its_pip_line(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorflow_text", None)
    with pytest.raises(ImportError, match=r"pip install .*\[text\]"):
        SentencepieceTokenizer(small_model())
