"""Marks in text that is cut into pieces, beside the pieces of whole text."""

import pytest

from keras_perceiver.data.sentencepiece_tokenizer import SentencepieceTokenizer
from keras_perceiver.tasks.piece_markup import read_piece_masks
from tests.vocabularies import normalising_model
from tests.vocabularies import small_model

MASK = 3


@pytest.fixture(scope="module", params=["own", "normalising"])
def tokenizer(request):
    own = request.param == "own"
    return SentencepieceTokenizer(small_model() if own else normalising_model())


def pieces(tokenizer, text):
    return tokenizer.encode(text).tolist()


def test_a_masked_word_leaves_the_others_as_they_were(tokenizer):
    before, word, after = (
        pieces(tokenizer, text)
        for text in ("the statement", " object", " names")
    )
    if tokenizer.adds_blank:
        word, after = pieces(tokenizer, "object"), pieces(tokenizer, "names")
    whole = pieces(tokenizer, "the statement object names")
    assert whole == before + word + after
    for written, masks in (("[MASK]", 1), ("[MASK:3]", 3)):
        text = f"the statement {written} names".encode()
        expected = before + [MASK] * masks + after
        assert read_piece_masks(tokenizer, text) == expected


def test_marks_stand_anywhere(tokenizer):
    first = pieces(tokenizer, "names")
    assert read_piece_masks(tokenizer, b"names [MASK]") == [*first, MASK]
    assert read_piece_masks(tokenizer, b"[MASK]") == [MASK]
    assert read_piece_masks(tokenizer, b"[MASK][MASK:2]") == [MASK] * 3
    assert read_piece_masks(tokenizer, b"[MASK] [MASK]") == [MASK] * 2
    # Within a word no blank is hidden with it.
    assert read_piece_masks(tokenizer, b"names[MASK]") == [*first, MASK]


def test_a_mark_of_nothing_hides_nothing(tokenizer):
    assert MASK not in read_piece_masks(tokenizer, b"names [MASK:0]")


def test_letters_of_a_mark_are_text(tokenizer):
    text = rb"the \[MASK] is used"
    assert read_piece_masks(tokenizer, text) == pieces(
        tokenizer, b"the [MASK] is used"
    )


def test_a_text_may_have_the_letter_that_stands_for_a_mark():
    tokenizer = SentencepieceTokenizer(small_model())
    token_ids = read_piece_masks(tokenizer, "\ue000 [MASK]\ue001".encode())
    assert token_ids.count(MASK) == 1
    assert tokenizer.decode(token_ids) == "\ue000\ue001".encode()


def test_a_mark_beside_an_unknown_letter_is_told():
    """Unknown letters in a row are one piece, which cannot be taken apart."""
    tokenizer = SentencepieceTokenizer(normalising_model())
    with pytest.raises(ValueError, match="beside a letter"):
        read_piece_masks(tokenizer, "中[MASK]".encode())
    assert MASK in read_piece_masks(tokenizer, "中 [MASK] 中".encode())
