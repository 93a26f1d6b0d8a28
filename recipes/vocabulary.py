"""The vocabulary: trained on the text, or taken from a file."""

import hashlib
import pathlib

import keras

from keras_perceiver import files
from keras_perceiver.convert import local_files
from keras_perceiver.convert.pretrained import read_preprocessing
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.sentencepiece_model import LARGEST_FILE_BYTES
from keras_perceiver.data.sentencepiece_model import train_model
from keras_perceiver.data.sentencepiece_tokenizer import SentencepieceTokenizer
from keras_perceiver.data.sentencepiece_tokenizer import tokenizer_in

VOCABULARY_FILE = "vocabulary.model"


def train_vocabulary(text, vocabulary_size):
    """Returns a tokenizer of exactly that many ids, trained on a text.

    Args:
        text: uint8 `(n,)`.
        vocabulary_size: special tokens included.

    Raises:
        ValueError: if the text does not give as many; the message says which
            option cures it.
    """
    try:
        content = train_model(
            text.tobytes(), vocabulary_size - NUM_SPECIAL_TOKENS
        )
    except ValueError as error:
        raise ValueError(
            f"{error} With {NUM_SPECIAL_TOKENS} special tokens they are "
            f"--model.vocabulary-size {vocabulary_size}: take another, or "
            "give more text with --data."
        ) from None
    return SentencepieceTokenizer(content)


def open_vocabulary(path):
    """Returns the tokenizer in a file or beside a model's weights.

    Args:
        path: a SentencePiece model file, or a `save_pretrained` folder.

    Raises:
        OSError: if there is nothing to read.
        ValueError: if it is no SentencePiece model.
    """
    path = pathlib.Path(path).expanduser()
    try:
        if path.is_dir():
            return tokenizer_in(read_preprocessing(path))
        with local_files.open_regular(path, LARGEST_FILE_BYTES) as content:
            return SentencepieceTokenizer(content.read())
    except (OSError, ValueError) as error:
        raise type(error)(f"--data.vocabulary {path}: {error}") from None


def check_fits(tokenizer, vocabulary_size):
    """Raises `ValueError` unless the model takes the tokenizer's ids."""
    try:
        tokenizer.check_fits(vocabulary_size)
    except ValueError as error:
        raise ValueError(
            f"{error}. Set --model.vocabulary-size "
            f"{tokenizer.vocabulary_size}, or take another --data.vocabulary."
        ) from None


def check_same(tokenizer, preprocessing):
    """Raises `ValueError` if weights know the pieces by other numbers.

    Args:
        tokenizer: what the data are read with.
        preprocessing: what lies beside the weights.
    """
    if tokenizer_in(preprocessing).model_bytes != tokenizer.model_bytes:
        raise ValueError(
            "The weights of --from were trained with another vocabulary. Give "
            "the same folder with --data.vocabulary too."
        )


def fingerprint(tokenizer):
    """Returns what identifies a vocabulary in a run's records."""
    return hashlib.sha256(tokenizer.model_bytes).hexdigest()


class KeepVocabulary(keras.callbacks.Callback):
    """Writes the vocabulary into the run folder.

    Args:
        data: the `PieceMaskingData`.
        folder: the `RunFolder`.
    """

    def __init__(self, data, folder):
        super().__init__()
        self.data = data
        self.path = folder.path / VOCABULARY_FILE

    def on_train_begin(self, logs=None):
        """Writes it before the first step."""
        files.write_bytes(self.path, self.data.tokenizer.model_bytes)
