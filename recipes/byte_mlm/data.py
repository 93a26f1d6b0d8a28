"""Masked examples of bytes, for training and for evaluation."""

import dataclasses

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
from recipes.byte_mlm import baselines
from recipes.recipe import RecipeData
from recipes.settings import resolved
from recipes.training_checks import check_share

# Evaluation masks the same words whatever the seed of the training run is.
EVALUATION_SEED = 20_210_730
# As published, so that results can be compared whatever training masks.
EVALUATION_PROBABILITY = 0.15


class ByteMaskingData(RecipeData):
    """Windows of text with whole words masked.

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
        for name in ("share", "byte_probability", "visible_weight"):
            flag = f"start.{name.replace('_', '-')}"
            check_share(flag, getattr(self.start, name))
        self.text = open_text(self.settings.source)

    def prepare(self):
        """Downloads what TFDS sources need; other text needs nothing."""
        for source in getattr(self.text, "sources", [self.text]):
            if hasattr(source, "prepare"):
                source.prepare()

    def check(self):
        """Raises `ValueError` unless training can read its first example."""
        self.text.check(self.max_length)
        if not self.heldout_examples()[2].any():
            raise ValueError(
                f"No word of the held-out part of {self.text.description} is "
                "masked: there are too few words in it. Give more text with "
                "--data."
            )

    def record(self):
        return self.text.record()

    def describe(self):
        heldout = len(self._heldout_windows())
        return [
            f"text: {self.text.description}",
            f"held out: {heldout:,} examples of {self.max_length:,} bytes",
        ]

    def training_dataset(self, first_example, share=WHOLE):
        """Endless batches; example `n` is the same wherever one begins."""
        seed, size = self.training.seed, self.training.batch_size
        windows = self.text.training_windows(
            self.max_length, seed, first_example
        )
        numbers = tf.data.Dataset.range(first_example, np.iinfo(np.int64).max)

        def example(number, window):
            inputs, token_ids, is_masked = self._mask(
                window, [seed, number], self.settings.masking_probability
            )
            return self._score(number, inputs, token_ids, is_masked)

        dataset = tf.data.Dataset.zip(numbers, windows)
        if share != WHOLE:
            dataset = dataset.filter(
                lambda number, window: share.has(number, size)
            )
        dataset = dataset.map(example, num_parallel_calls=tf.data.AUTOTUNE)
        dataset = dataset.batch(size // share.count, drop_remainder=True)
        return dataset.prefetch(tf.data.AUTOTUNE)

    def evaluation_dataset(self):
        """Held-out batches with only masked bytes scored."""
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
        windows = self._heldout_windows()

        def example(number, window):
            seed = [EVALUATION_SEED, number]
            inputs, token_ids, is_masked = self._mask(
                window, seed, EVALUATION_PROBABILITY
            )
            return inputs["token_ids"], token_ids, is_masked

        dataset = tf.data.Dataset.from_tensor_slices(windows).enumerate()
        dataset = dataset.map(example).batch(len(windows))
        return next(dataset.as_numpy_iterator())

    def baselines(self):
        measures = baselines.measure(
            self.text.training_sample(baselines.MAXIMUM_BYTES),
            *self.heldout_examples(),
        )
        return {
            name: dataclasses.asdict(measure)
            for name, measure in measures.items()
        }

    def byte_frequencies(self):
        """Share of each of the 256 byte values within words."""
        sample = self.text.training_sample(baselines.MAXIMUM_BYTES)
        # Half a count more, so that no byte is impossible.
        counts = np.bincount(sample, minlength=256) + 0.5
        counts[list(WHITESPACE)] = 0.5
        return counts / counts.sum()

    def _heldout_windows(self):
        return self.text.heldout_windows(
            self.max_length, self.training.evaluation_examples
        )

    def _score(self, number, inputs, token_ids, is_masked):
        """Weighs the bytes of a training example; more of them at first."""
        steps = self.start.share * self.training.steps
        is_early = number < int(steps * self.training.batch_size)
        is_byte = inputs["padding_mask"]
        draws = tf.random.stateless_uniform(
            [self.max_length], [self.training.seed + 1, number]
        )
        is_chosen = is_word_byte(token_ids) & (
            draws < self.start.byte_probability
        )
        is_masked |= is_early & is_chosen
        masked_ids = tf.where(is_masked, MASK, token_ids)
        visible_weight = tf.where(is_early, self.start.visible_weight, 0.0)
        weights = tf.where(is_masked, 1.0, visible_weight)
        weights = tf.where(is_byte, weights, 0.0)
        return {**inputs, "token_ids": masked_ids}, token_ids, weights

    def _mask(self, window, seed, probability):
        """One window of up to M bytes as a masked example of M tokens."""
        token_ids = tf.cast(window, tf.int32) + NUM_SPECIAL_TOKENS
        missing = self.max_length - tf.size(token_ids)
        token_ids = tf.pad(token_ids, [[0, missing]], constant_values=PAD)
        token_ids = tf.ensure_shape(token_ids, [self.max_length])
        masked_ids, is_masked = mask_words(
            token_ids,
            seed,
            mask_id=MASK,
            probability=probability,
        )
        inputs = {
            "token_ids": masked_ids,
            "padding_mask": tf.not_equal(token_ids, PAD),
        }
        return inputs, token_ids, is_masked
