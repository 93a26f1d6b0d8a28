"""SentencePiece pieces as tokens, tokenized inside a TensorFlow graph.

Needs the extra `text`. The operations are tensorflow-text's own, which not
every server has: an export is better given ids.
"""

import base64
import binascii

import numpy as np
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import PAD
from keras_perceiver.data.sentencepiece_model import parse_model
from keras_perceiver.data.sentencepiece_model import piece_bytes


class SentencepieceTokenizer:
    """Token id = piece + 6, after the six special ids of `ByteTokenizer`.

    The special ids stand in front of the file's pieces, whatever those are,
    so that every SentencePiece model can be used and none needs a mask of its
    own. Nothing is added in front or behind.

    Args:
        model_bytes: the content of a SentencePiece model file.

    Raises:
        ImportError: if tensorflow-text or sentencepiece is not installed.
        ValueError: if it is no such file; see `parse_model`.
    """

    pad_id = PAD
    mask_id = MASK

    def __init__(self, model_bytes):
        self._library = errors.import_extra("tensorflow_text", "text")
        model = parse_model(model_bytes)
        self.model_bytes = bytes(model_bytes)
        self.vocabulary_size = NUM_SPECIAL_TOKENS + len(model.pieces)
        # The blank that it writes before a text is none of the text's own.
        self.adds_blank = model.normalizer_spec.add_dummy_prefix
        # One string an id, empty for special tokens.
        self.token_bytes = [b""] * NUM_SPECIAL_TOKENS + piece_bytes(model)

    def _pieces(self):
        """The operations, made anew in every graph.

        Those that are made outside of graphs are lost whenever a seed is set.
        """
        return self._library.SentencepieceTokenizer(
            model=self.model_bytes, out_type=tf.int32
        )

    def check_fits(self, vocabulary_size):
        """Raises `ValueError` unless a model has as many token ids.

        Args:
            vocabulary_size: the model's.
        """
        if vocabulary_size != self.vocabulary_size:
            num_pieces = self.vocabulary_size - NUM_SPECIAL_TOKENS
            raise ValueError(
                "A SentencePiece model that does not fit the model's "
                f"vocabulary: it has {num_pieces:,} pieces, which with "
                f"{NUM_SPECIAL_TOKENS} special tokens are "
                f"{self.vocabulary_size:,} ids. Wanted: vocabulary_size="
                f"{vocabulary_size:,}"
            )

    def encode(self, text):
        """Returns the int32 ids of a `str` or `bytes`."""
        text = text.encode() if isinstance(text, str) else bytes(text)
        return self.encode_ragged(tf.constant([text]))[0].numpy()

    def decode(self, token_ids):
        """Returns the bytes of ids; special tokens are left out."""
        text = b"".join(self.token_bytes[i] for i in np.asarray(token_ids))
        return text.removeprefix(b" ") if self.adds_blank else text

    def encode_ragged(self, text_bytes):
        """Encodes strings inside a graph, however long they are.

        Args:
            text_bytes: string tensor `(B,)`.

        Returns:
            int32 `tf.RaggedTensor` `(B, None)`.
        """
        return self._pieces().tokenize(text_bytes) + NUM_SPECIAL_TOKENS

    def encode_spans(self, text_bytes):
        """Encodes one string, and says which of its bytes each token covers.

        A letter that is spelled byte by byte is covered by the last of its
        tokens; the others cover nothing, and begin where it does.

        Args:
            text_bytes: string tensor `()`.

        Returns:
            int32 `token_ids`, `begins` and `ends`, all `(L,)`: the first byte
            and the one behind the last.
        """
        pieces, begins, ends = self._pieces().tokenize_with_offsets(text_bytes)
        return (
            pieces + NUM_SPECIAL_TOKENS,
            tf.cast(begins, tf.int32),
            tf.cast(ends, tf.int32),
        )

    def encode_tensor(self, text_bytes, length):
        """Encodes strings inside a graph, as `ByteTokenizer` does.

        Args:
            text_bytes: string tensor `(B,)`.
            length: number of ids a row. Shorter rows are padded with PAD,
                longer ones are cut.

        Returns:
            int32 `token_ids` and boolean `padding_mask` (True = valid), both
            `(B, length)`.
        """
        token_ids = self.encode_ragged(text_bytes).to_tensor(
            PAD, shape=(None, length)
        )
        return token_ids, tf.not_equal(token_ids, PAD)

    def bytes_of_tensor(self, token_ids):
        """Returns one string an id, empty for special tokens; same shape."""
        return tf.gather(tf.constant(self.token_bytes), token_ids)

    def decode_tensor(self, token_ids):
        """Returns string `(B,)` of ids `(B, L)`, without special tokens."""
        text = tf.strings.reduce_join(self.bytes_of_tensor(token_ids), axis=-1)
        if not self.adds_blank:
            return text
        starts = tf.equal(tf.strings.substr(text, 0, 1), " ")
        begins = tf.cast(starts, tf.int32)
        return tf.strings.substr(text, begins, tf.strings.length(text) - begins)


_KEY = "sentencepiece_model"


def as_preprocessing(tokenizer):
    """Returns what `save_pretrained` keeps of a tokenizer beside weights."""
    return {_KEY: base64.b64encode(tokenizer.model_bytes).decode()}


def tokenizer_in(preprocessing):
    """Returns the tokenizer that weights came with.

    Args:
        preprocessing: the attribute of a model that `load_pretrained` gave.

    Raises:
        ImportError: as `SentencepieceTokenizer` does.
        ValueError: if there is none, or it is damaged.
    """
    written = (preprocessing or {}).get(_KEY)
    if written is None:
        raise ValueError(
            "The model came without a SentencePiece model. Give the one that "
            "it was trained with."
        )
    try:
        content = base64.b64decode(written, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ValueError(
            f"The SentencePiece model beside the weights is damaged: {error}"
        ) from None
    return SentencepieceTokenizer(content)
