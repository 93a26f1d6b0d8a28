"""SentencePiece models that are trained in no time."""

import functools
import io

import sentencepiece

from keras_perceiver.data.sentencepiece_model import train_model

TEXT = (
    "The statement is used to define a new name; an object is used in the "
    "statements that follow, as it is defined.\n  x = 1\n"
    "Names are defined by statements, and objects have names.\n"
) * 20
NUM_PIECES = 300


@functools.cache
def small_model():
    """As the recipe trains them: every byte known, nothing normalised."""
    return train_model(TEXT.encode(), NUM_PIECES)


@functools.cache
def normalising_model():
    """As most of those in use are: NFKC, single blanks, unknown letters."""
    content = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT.split("\n")),
        model_writer=content,
        vocab_size=48,
        minloglevel=2,
    )
    return content.getvalue()
