"""Masked examples of pieces, and what is counted beside them."""

import dataclasses
import functools
import math

import numpy as np
import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.data.word_masking import covers_marked
from keras_perceiver.data.word_masking import is_word_byte
from recipes import vocabulary
from recipes.language_baselines import MAXIMUM_BYTES
from recipes.language_baselines import measure_frequencies
from recipes.language_data import EVALUATION_PROBABILITY
from recipes.language_data import EVALUATION_SEED
from recipes.language_data import MaskedTextData
from recipes.settings import resolved

# Text is counted in parts of this size, to bound memory.
_PART_BYTES = 2**14


class PieceMaskingData(MaskedTextData):
    """Windows of text with whole words masked, as SentencePiece pieces.

    The vocabulary is trained when it is first needed, unless the
    configuration names one.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ValueError: if a number is out of range.
    """

    def __init__(self, configuration):
        super().__init__(configuration)
        self.check_start("piece_probability")
        self.vocabulary_size = resolved(configuration.model)["vocabulary_size"]

    @property
    def single_probability(self):
        """Of each piece being masked by itself, in the first steps."""
        return self.start.piece_probability

    @functools.cached_property
    def tokenizer(self):
        """The `SentencepieceTokenizer`."""
        if self.settings.vocabulary is None:
            sample = self.text.training_sample(MAXIMUM_BYTES)
            return vocabulary.train_vocabulary(sample, self.vocabulary_size)
        tokenizer = vocabulary.open_vocabulary(self.settings.vocabulary)
        vocabulary.check_fits(tokenizer, self.vocabulary_size)
        return tokenizer

    def use(self, tokenizer):
        """Takes another vocabulary, such as that of weights from elsewhere."""
        vocabulary.check_fits(tokenizer, self.vocabulary_size)
        self.__dict__.pop("_counted", None)
        self.tokenizer = tokenizer

    @functools.cached_property
    def _counted(self):
        return count_pieces(
            self.text.training_sample(MAXIMUM_BYTES), self.tokenizer
        )

    @property
    def window_bytes(self):
        """As many as an example's pieces have on the average."""
        counted = self._counted
        return math.ceil(
            self.max_length * counted.num_bytes / counted.num_pieces
        )

    def tokens_of(self, byte_ids, *marks):
        """Pieces of the window's text, as many as an example has."""
        text = ByteTokenizer().decode_tensor(byte_ids)
        token_ids, begins, ends = self.tokenizer.encode_spans(text)
        found = [covers_marked(mark, begins, ends) for mark in marks]
        return [self._cut_or_padded(row) for row in (token_ids, *found)]

    def _cut_or_padded(self, row):
        row = row[: self.max_length]
        missing = self.max_length - tf.size(row)
        # Of ids PAD, of marks False.
        row = tf.pad(row, [[0, missing]])
        return tf.ensure_shape(row, [self.max_length])

    def heldout_reach(self):
        """How far the pieces of held-out examples reach into their windows.

        Returns:
            For each example, the bytes that its pieces cover, and those of
            them that are in masked words; both int32 `(n,)`.
        """
        windows = self.heldout_windows()

        def example(number, window):
            seed = [EVALUATION_SEED, number]
            byte_ids, is_masked = self.masked_bytes(
                window, seed, EVALUATION_PROBABILITY
            )
            text = ByteTokenizer().decode_tensor(byte_ids)
            _, _, ends = self.tokenizer.encode_spans(text)
            ends = tf.concat([[0], ends[: self.max_length]], axis=0)
            reach = tf.reduce_max(ends)
            is_scored = is_masked[:reach]
            return reach, tf.math.count_nonzero(is_scored, dtype=tf.int32)

        dataset = tf.data.Dataset.from_tensor_slices(windows).enumerate()
        dataset = dataset.map(example).batch(windows.shape[0])
        return next(dataset.as_numpy_iterator())

    def bits_per_byte(self, nats):
        """Turns nats a masked piece into bits a byte of the masked words."""
        if nats is None:
            return None
        num_pieces = np.count_nonzero(self.heldout_examples()[2])
        _, num_bytes = self.heldout_reach()
        return float(nats * num_pieces / num_bytes.sum() / math.log(2))

    def check(self):
        """Raises `ValueError` unless training can read its first example."""
        # First whether there is any text to train a vocabulary on.
        self.text.check(self.max_length)
        super().check()

    def record(self):
        """Identifies the text and the vocabulary."""
        return {
            **super().record(),
            "vocabulary_sha256": vocabulary.fingerprint(self.tokenizer),
        }

    def describe(self):
        """Says what is read, in which pieces."""
        source = self.settings.vocabulary or "trained on the text"
        return [
            *super().describe(),
            f"vocabulary: {self.vocabulary_size:,} ids, {source}; "
            f"{self.window_bytes / self.max_length:.2f} bytes a piece",
        ]

    def callbacks(self, folder):
        """Keeps the vocabulary in the run folder."""
        return [vocabulary.KeepVocabulary(self, folder)] if folder else []

    def token_frequencies(self):
        """Share of each piece within words."""
        # Half a count more, so that no piece is impossible.
        counts = self._counted.in_words + 0.5
        return counts / counts.sum()

    def baselines(self):
        """Pieces counted alone."""
        _, token_ids, is_masked = self.heldout_examples()
        counts = self._counted.in_words + 1
        measures = measure_frequencies(
            counts / counts.sum(),
            token_ids[is_masked] - NUM_SPECIAL_TOKENS,
            "piece",
            lambda row: self.tokenizer.token_bytes[row + NUM_SPECIAL_TOKENS],
            f"counted on {self._counted.num_bytes:,} bytes",
        )
        return {
            name: {
                **dataclasses.asdict(measure),
                "bits_per_byte": self.bits_per_byte(measure.nats),
            }
            for name, measure in measures.items()
        }


@dataclasses.dataclass(frozen=True)
class PieceCounts:
    """Pieces in a text.

    Attributes:
        num_bytes: of the text.
        num_pieces: of the text.
        in_words: `(V - 6,)`, how often each piece covers a part of a word.
    """

    num_bytes: int
    num_pieces: int
    in_words: np.ndarray


def count_pieces(text, tokenizer):
    """Counts the pieces of a text.

    Args:
        text: uint8 `(n,)`.
        tokenizer: a `SentencepieceTokenizer`.

    Returns:
        The `PieceCounts`.
    """
    parts = [
        text[start : start + _PART_BYTES].tobytes()
        for start in range(0, len(text), _PART_BYTES)
    ]

    def pieces_in(part):
        byte_ids = tf.cast(tf.io.decode_raw(part, tf.uint8), tf.int32)
        in_word = is_word_byte(byte_ids + NUM_SPECIAL_TOKENS)
        token_ids, begins, ends = tokenizer.encode_spans(part)
        return token_ids, covers_marked(in_word, begins, ends)

    num_pieces = 0
    counts = np.zeros(tokenizer.vocabulary_size, np.int64)
    dataset = tf.data.Dataset.from_tensor_slices(parts).map(pieces_in)
    for token_ids, in_words in dataset.as_numpy_iterator():
        num_pieces += len(token_ids)
        counts += np.bincount(token_ids[in_words], minlength=len(counts))
    return PieceCounts(len(text), num_pieces, counts[NUM_SPECIAL_TOKENS:])
