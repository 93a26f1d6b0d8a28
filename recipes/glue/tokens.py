"""Texts as tokens for training: bytes or SentencePiece pieces."""

import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.data.sentencepiece_tokenizer import as_preprocessing
from keras_perceiver.data.text_pairs import join_pairs
from keras_perceiver.data.text_pairs import join_piece_pairs
from keras_perceiver.data.word_masking import mask_words
from keras_perceiver.tasks.classify_pieces import ClassifyPieces
from keras_perceiver.tasks.classify_text import ClassifyText
from keras_perceiver.tasks.classify_tokens import vocabulary_of
from recipes import vocabulary


class ByteTokens:
    """Every byte is a token."""

    kind = "bytes"

    def join(self, first, second, length):
        """Returns what `join_pairs` does, inside a graph."""
        return join_pairs(first, second, length)

    def mask(self, token_ids, seed, probability):
        """Masks whole words of one row `(M,)`, inside a graph."""
        masked_ids, _ = mask_words(
            token_ids, seed, mask_id=MASK, probability=probability
        )
        return masked_ids

    def preprocessing(self):
        """Returns what is kept beside the weights."""
        return {}

    def record(self):
        """Returns what identifies the tokens."""
        return {}


class PieceTokens:
    """SentencePiece pieces are tokens.

    Args:
        tokenizer: a `SentencepieceTokenizer`.
    """

    kind = "pieces"

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def join(self, first, second, length):
        """Returns what `join_piece_pairs` does, inside a graph."""
        return join_piece_pairs(self.tokenizer, first, second, length)

    def mask(self, token_ids, seed, probability):
        """Masks single pieces of one row `(M,)`, inside a graph."""
        draws = tf.random.stateless_uniform([tf.size(token_ids)], seed)
        is_piece = token_ids >= NUM_SPECIAL_TOKENS
        return tf.where(is_piece & (draws < probability), MASK, token_ids)

    def preprocessing(self):
        """Returns what is kept beside the weights."""
        return as_preprocessing(self.tokenizer)

    def record(self):
        """Returns what identifies the tokens."""
        return {"vocabulary_sha256": vocabulary.fingerprint(self.tokenizer)}


def open_tokens(vocabulary_size, path):
    """Returns the tokens of a model.

    Args:
        vocabulary_size: the model's.
        path: of its SentencePiece vocabulary, or None.

    Raises:
        ValueError: if the model's tokens are pieces and there is no
            vocabulary, or another one; or if they are bytes and there is one.
    """
    is_bytes = vocabulary_size == ByteTokenizer.vocabulary_size
    if is_bytes and path is None:
        return ByteTokens()
    if is_bytes:
        raise ValueError(
            "The model reads bytes, and --data.vocabulary is for models of "
            "pieces: --model.preset language_sentencepiece_glue. Received: "
            f"--data.vocabulary {path}"
        )
    if path is None:
        raise ValueError(
            f"The model reads {vocabulary_size:,} pieces. Say which with "
            "--data.vocabulary: a SentencePiece model file, or the folder of "
            "weights that came with one."
        )
    tokenizer = vocabulary.open_vocabulary(path)
    vocabulary.check_fits(tokenizer, vocabulary_size)
    return PieceTokens(tokenizer)


def make_task(model):
    """Returns the task of a classifier. Texts are cut, as in training."""
    if vocabulary_of(model) == ByteTokenizer.vocabulary_size:
        return ClassifyText(model, truncate=True)
    return ClassifyPieces(model, truncate=True)
