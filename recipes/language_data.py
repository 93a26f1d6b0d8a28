"""Masked examples of text, for training and for evaluation."""

import numpy as np
import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import PAD
from keras_perceiver.data.text import open_text
from keras_perceiver.data.word_masking import WHITESPACE
from keras_perceiver.data.word_masking import is_word_byte
from keras_perceiver.data.word_masking import mask_words
from keras_perceiver.training.strategies import WHOLE
from recipes.language_baselines import MAXIMUM_BYTES
from recipes.recipe import RecipeData
from recipes.settings import resolved
from recipes.training_checks import check_share

# Evaluation masks the same words whatever the seed of the training run is.
EVALUATION_SEED = 20_210_730
# As published, so that results can be compared whatever training masks.
EVALUATION_PROBABILITY = 0.15


class MaskedTextData(RecipeData):
    """Windows of text with whole words masked, as tokens.

    Words are chosen among the bytes of a window, so that models of different
    tokens are asked for the same words. A subclass says how bytes become
    tokens.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ValueError: if there is too little text for one example, or a number
            is out of range.
    """

    def __init__(self, configuration):
        self.settings = configuration.data
        self.start = configuration.start
        self.training = configuration.training
        self.max_length = resolved(configuration.model)["max_length"]
        check_share(
            "data.masking-probability", self.settings.masking_probability
        )
        for name in ("share", "visible_weight"):
            self.check_start(name)
        self.text = open_text(self.settings.source)

    def check_start(self, name):
        """Raises `ValueError` unless a setting of the start is a share."""
        check_share(
            f"start.{name.replace('_', '-')}", getattr(self.start, name)
        )

    @property
    def window_bytes(self):
        """How many bytes of text an example is made of."""
        raise NotImplementedError

    @property
    def single_probability(self):
        """Of each token being masked by itself, in the first steps."""
        raise NotImplementedError

    def tokens_of(self, byte_ids, *marks):
        """One window's tokens, inside a graph.

        Args:
            byte_ids: int32 `(window_bytes,)`, byte + 6, then PAD.
            *marks: booleans of that shape, such as which bytes are masked.

        Returns:
            int32 `(M,)` token ids, then PAD; and for each mark a boolean
            `(M,)`: which tokens cover a byte that has it.
        """
        raise NotImplementedError

    def token_frequencies(self):
        """Share of each token within words, special ones left out."""
        raise NotImplementedError

    def prepare(self):
        """Downloads what TFDS sources need; other text needs nothing."""
        for source in getattr(self.text, "sources", [self.text]):
            if hasattr(source, "prepare"):
                source.prepare()

    def check(self):
        """Raises `ValueError` unless training can read its first example."""
        self.text.check(self.window_bytes)
        if not self.heldout_examples()[2].any():
            raise ValueError(
                f"No word of the held-out part of {self.text.description} is "
                "masked: there are too few words in it. Give more text with "
                "--data."
            )

    def record(self):
        """Identifies the text."""
        return self.text.record()

    def describe(self):
        """Says what is read, and how much of it is held out."""
        heldout = len(self.heldout_windows())
        return [
            f"text: {self.text.description}",
            f"held out: {heldout:,} examples of {self.window_bytes:,} bytes",
        ]

    def training_dataset(self, first_example, share=WHOLE):
        """Endless batches; example `n` is the same wherever one begins."""
        seed, size = self.training.seed, self.training.batch_size
        windows = self.text.training_windows(
            self.window_bytes, seed, first_example
        )
        numbers = tf.data.Dataset.range(first_example, np.iinfo(np.int64).max)

        def example(number, window):
            tokens = self._masked_words(
                window, [seed, number], self.settings.masking_probability
            )
            return self._score(number, *tokens)

        dataset = tf.data.Dataset.zip(numbers, windows)
        if share != WHOLE:
            dataset = dataset.filter(
                lambda number, window: share.has(number, size)
            )
        dataset = dataset.map(example, num_parallel_calls=tf.data.AUTOTUNE)
        dataset = dataset.batch(size // share.count, drop_remainder=True)
        return dataset.prefetch(tf.data.AUTOTUNE)

    def evaluation_dataset(self):
        """Held-out batches with only masked tokens scored."""
        masked_ids, token_ids, is_masked = self.heldout_examples()
        inputs = {
            "token_ids": masked_ids,
            "padding_mask": masked_ids != PAD,
        }
        weights = is_masked.astype(np.float32)
        dataset = tf.data.Dataset.from_tensor_slices(
            (inputs, token_ids, weights)
        )
        return dataset.batch(min(self.training.batch_size, len(token_ids)))

    def heldout_examples(self):
        """Returns `masked_ids`, `token_ids`, `is_masked`, all `(n, M)`."""
        windows = self.heldout_windows()

        def example(number, window):
            token_ids, is_masked, _ = self._masked_words(
                window, [EVALUATION_SEED, number], EVALUATION_PROBABILITY
            )
            return tf.where(is_masked, MASK, token_ids), token_ids, is_masked

        dataset = tf.data.Dataset.from_tensor_slices(windows).enumerate()
        dataset = dataset.map(example).batch(windows.shape[0])
        return next(dataset.as_numpy_iterator())

    def heldout_windows(self):
        """Returns the windows of the held-out text, uint8."""
        return self.text.heldout_windows(
            self.window_bytes, self.training.evaluation_examples
        )

    def masked_bytes(self, window, seed, probability):
        """The bytes of a window, and which are masked, inside a graph.

        Args:
            window: up to `window_bytes` uint8.
            seed: integer `(2,)`.
            probability: of a word being masked.

        Returns:
            int32 byte ids and booleans, both `(window_bytes,)`.
        """
        byte_ids = tf.cast(window, tf.int32) + NUM_SPECIAL_TOKENS
        missing = self.window_bytes - tf.size(byte_ids)
        byte_ids = tf.pad(byte_ids, [[0, missing]], constant_values=PAD)
        byte_ids = tf.ensure_shape(byte_ids, [self.window_bytes])
        _, is_masked = mask_words(
            byte_ids, seed, mask_id=MASK, probability=probability
        )
        return byte_ids, is_masked

    def _masked_words(self, window, seed, probability):
        """The tokens of a window, which are masked, and which are in words."""
        byte_ids, is_masked = self.masked_bytes(window, seed, probability)
        return self.tokens_of(byte_ids, is_masked, is_word_byte(byte_ids))

    def _score(self, number, token_ids, is_masked, is_in_word):
        """Weighs the tokens of a training example; more of them at first."""
        steps = self.start.share * self.training.steps
        is_early = number < int(steps * self.training.batch_size)
        draws = tf.random.stateless_uniform(
            [self.max_length], [self.training.seed + 1, number]
        )
        is_chosen = is_in_word & (draws < self.single_probability)
        is_masked |= is_early & is_chosen
        is_token = tf.not_equal(token_ids, PAD)
        visible_weight = tf.where(is_early, self.start.visible_weight, 0.0)
        weights = tf.where(is_masked, 1.0, visible_weight)
        weights = tf.where(is_token, weights, 0.0)
        inputs = {
            "token_ids": tf.where(is_masked, MASK, token_ids),
            "padding_mask": is_token,
        }
        return inputs, token_ids, weights


class MaskedByteData(MaskedTextData):
    """Windows of bytes: every byte is a token."""

    @property
    def window_bytes(self):
        """As many as tokens."""
        return self.max_length

    def tokens_of(self, byte_ids, *marks):
        """Bytes are tokens as they are."""
        return byte_ids, *marks

    def token_frequencies(self):
        """Share of each of the 256 byte values within words."""
        sample = self.text.training_sample(MAXIMUM_BYTES)
        # Half a count more, so that no byte is impossible.
        counts = np.bincount(sample, minlength=256) + 0.5
        counts[list(WHITESPACE)] = 0.5
        return counts / counts.sum()
