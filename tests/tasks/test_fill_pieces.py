"""Filling masked pieces, against the whole model asked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver import from_preset
from keras_perceiver.convert.pretrained import set_preprocessing
from keras_perceiver.data.sentencepiece_tokenizer import SentencepieceTokenizer
from keras_perceiver.data.sentencepiece_tokenizer import as_preprocessing
from keras_perceiver.tasks import FillPieces
from tests.float64_reference import assert_near
from tests.tiny_models import TINY_LANGUAGE
from tests.tiny_models import tiny_language
from tests.vocabularies import NUM_PIECES
from tests.vocabularies import normalising_model
from tests.vocabularies import small_model

MASK = 3
VOCABULARY_SIZE = NUM_PIECES + 6


@pytest.fixture(scope="module")
def tokenizer():
    return SentencepieceTokenizer(small_model())


@pytest.fixture(scope="module")
def model(tokenizer):
    model = tiny_language(vocabulary_size=VOCABULARY_SIZE)
    set_preprocessing(model, as_preprocessing(tokenizer))
    return model


@pytest.fixture(scope="module")
def task(model):
    return FillPieces(model, top_k=4, max_masks=6)


def probabilities_by_hand(model, token_ids):
    """Of all pieces at every position, from the whole model."""
    inputs = {
        "token_ids": np.array([token_ids]),
        "padding_mask": np.array([token_ids]) != 0,
    }
    logits = np.array(model(inputs), "float64")[0, :, 6:]
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(
    "text", ["the [MASK] is used", "[MASK:3]", "names are\n [MASK][MASK:2] é"]
)
def test_answers_are_those_of_the_whole_model(model, task, tokenizer, text):
    filled = task(text)
    token_ids = np.array(task.token_ids(text))
    expected = probabilities_by_hand(model, token_ids)
    positions = np.flatnonzero(token_ids == MASK)
    assert filled.mask_positions == positions.tolist()
    best = np.argsort(-expected, axis=-1)[positions, :4]
    assert_near(
        filled.top_probabilities,
        np.take_along_axis(expected[positions], best, axis=-1),
    )
    assert filled.top_bytes == [
        [tokenizer.token_bytes[i + 6] for i in row] for row in best
    ]
    token_ids[positions] = best[:, 0] + 6
    assert filled.filled_bytes == tokenizer.decode(token_ids)


def test_many_texts_are_answered_each_by_itself(task):
    texts = ["the [MASK] is", b"[MASK:2] statement"]
    for together, text in zip(task(texts), texts, strict=True):
        alone = task(text)
        assert together.filled_bytes == alone.filled_bytes
        assert together.top_bytes == alone.top_bytes
        assert_near(together.top_probabilities, alone.top_probabilities)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no mask", "Text 1 of 1: the text has no mask. Write [MASK] for one"),
        ("[MASK:7]", "has 7 masked pieces, and at most 6 are answered."),
        ("[MASK:40]", "takes 40 pieces with its masks, and the model 32."),
    ],
)
def test_a_text_that_has_no_answer_is_told_why(task, text, said):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        task(text)
    assert said in str(error.value)


def test_a_row_of_wrong_ids_spoils_no_other(task):
    good = task.token_ids("the [MASK] is used")
    rows = np.array([good, good, good])
    rows[1, 0], rows[2, 5] = VOCABULARY_SIZE, -1
    answer = task.serve(tf.constant(rows, tf.int32))
    problems = answer["problem_bytes"].numpy()
    assert problems[0] == b""
    assert all(b"are from 0 to 305" in problem for problem in problems[1:])
    alone = task.serve(tf.constant(rows[:1], tf.int32))
    assert answer["filled_bytes"].numpy()[0] == alone["filled_bytes"].numpy()[0]
    assert_near(answer["top_probabilities"][:1], alone["top_probabilities"])
    assert answer["filled_bytes"].numpy()[1] == b""


def test_a_long_text_is_cut_where_that_is_asked_for(model):
    task = FillPieces(model, max_masks=6, truncate=True)
    assert len(task.token_ids("[MASK] " + "the " * 50)) == 32


def test_a_vocabulary_of_another_size_is_refused(model):
    other = SentencepieceTokenizer(normalising_model())
    with pytest.raises(ValueError, match="does not fit the model's") as error:
        FillPieces(model, other)
    for words in ("48 pieces", "54 ids", f"vocabulary_size={VOCABULARY_SIZE}"):
        assert words in str(error.value)


@pytest.mark.parametrize(
    ("preprocessing", "said"),
    [
        (None, "came without a SentencePiece model"),
        ({"class_names": []}, "came without a SentencePiece model"),
        ({"sentencepiece_model": "no base 64!"}, "is damaged"),
        ({"sentencepiece_model": 7}, "is damaged"),
        ({"sentencepiece_model": "YWJj"}, "no SentencePiece model"),
    ],
)
def test_what_lies_beside_the_weights_is_checked(preprocessing, said):
    model = from_preset("language_sentencepiece", **TINY_LANGUAGE,
                        vocabulary_size=VOCABULARY_SIZE)  # fmt: skip
    set_preprocessing(model, preprocessing)
    with pytest.raises(ValueError, match=said):
        FillPieces(model)
