"""Scores of a classifier."""

import types

import pytest

from keras_perceiver.data.sentencepiece_tokenizer import SentencepieceTokenizer
from keras_perceiver.data.sentencepiece_tokenizer import as_preprocessing
from recipes.glue.evaluation import measure
from recipes.glue.tokens import PieceTokens
from tests.vocabularies import normalising_model
from tests.vocabularies import small_model


def test_a_model_of_other_pieces_is_not_measured():
    of_data, of_model = map(
        SentencepieceTokenizer, (small_model(), normalising_model())
    )
    model = types.SimpleNamespace(preprocessing=as_preprocessing(of_model))
    data = types.SimpleNamespace(tokens=PieceTokens(of_data))
    with pytest.raises(ValueError, match=r"another vocabulary.*--data\.vocab"):
        measure(model, data)
