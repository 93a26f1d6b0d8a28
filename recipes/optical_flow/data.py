"""Pairs of frames at the model's size, for training and for evaluation."""

import math

import numpy as np
import tensorflow as tf

from keras_perceiver.data.flow_pairs.augmentation import Augmentation
from keras_perceiver.data.flow_pairs.augmentation import augment
from keras_perceiver.data.flow_pairs.augmentation import filled
from keras_perceiver.data.flow_pairs.reversal import reverse_pair
from keras_perceiver.data.flow_pairs.scenes import Scenes
from keras_perceiver.data.flow_pairs.sources import open_heldout
from keras_perceiver.data.flow_pairs.sources import open_pairs
from keras_perceiver.training.strategies import WHOLE
from recipes.optical_flow import baselines
from recipes.optical_flow.curriculum import Curriculum
from recipes.optical_flow.evaluation_tiles import num_tiles
from recipes.optical_flow.evaluation_tiles import tiles_of
from recipes.optical_flow.stop_at_damage import StopAtDamage
from recipes.recipe import RecipeData
from recipes.settings import resolved

# So that augmentation has nothing to do with what a scene is drawn by.
_AUGMENTATION = 0x464C4F57


class FlowData(RecipeData):
    """Pairs of frames with their flow.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ValueError: if there are no pairs, or a number is out of range.
    """

    def __init__(self, configuration):
        settings = configuration.data
        self.training = configuration.training
        self._shown = []
        model = resolved(configuration.model)
        self.size = tuple(model["image_shape"][:2])
        self.scenes = Scenes(**vars(configuration.scenes))
        self.source = open_pairs(
            settings.source,
            self.size,
            self.scenes,
            settings.heldout_scenes,
            settings.rendering,
        )
        self.heldout = self.source
        if settings.heldout_source is not None:
            self.heldout = open_heldout(
                settings.heldout_source, settings.rendering
            )
        batch_size = self.training.batch_size
        curriculum = configuration.curriculum
        self.curriculum = Curriculum(
            first_pairs=curriculum.first_pairs,
            first_examples=curriculum.first_steps * batch_size,
            growth=curriculum.pairs_per_step / batch_size,
            augmentation=curriculum.augmentation,
            augmentation_examples=curriculum.augmentation_steps * batch_size,
            num_pairs=self.source.num_training,
            seed=self.training.seed,
        )

    def prepare(self):
        """Nothing to download: data sets are fetched by hand."""

    def check(self):
        """Raises `ValueError` unless training can read its first pair."""
        self.source.check()
        self.heldout.check()

    def record(self):
        record = self.source.record()
        if self.heldout is not self.source:
            record["heldout"] = self.heldout.record()
        return record

    def describe(self):
        count = self.source.num_training
        training = "" if count is None else f"{count:,} for training, "
        lines = [f"pairs: {self.source.description}"]
        if self.heldout is not self.source:
            lines.append(f"held out: {self.heldout.description}")
        height, width = self.size
        lines.append(
            f"{training}{self._num_heldout():,} held out, seen as "
            f"{height} x {width} pixels"
        )
        if not baselines.has_references():
            lines.append(baselines.HOW_TO_GET_REFERENCES)
        return lines

    def training_dataset(self, first_example, share=WHOLE):
        """Endless batches; example `n` is the same wherever one begins."""
        size = self.training.batch_size
        numbers = tf.data.Dataset.range(first_example, np.iinfo(np.int64).max)
        if share != WHOLE:
            numbers = numbers.filter(lambda number: share.has(number, size))
        choices = numbers.map(self.curriculum.choose)
        pairs = self.source.training_pairs(
            choices.map(lambda pair, *_: pair), self.training.seed
        )
        return (
            tf.data.Dataset.zip(numbers, choices, pairs)
            .map(self._training_example, num_parallel_calls=tf.data.AUTOTUNE)
            .batch(size // share.count, drop_remainder=True)
            .prefetch(tf.data.AUTOTUNE)
        )

    @tf.autograph.experimental.do_not_convert
    def _training_example(self, number, choice, pair):
        _, is_reversed, strength = choice
        pair = tf.cond(
            is_reversed, lambda: reverse_pair(pair), lambda: dict(pair)
        )
        if not self._is_as_generated:
            seed = tf.stack([self.training.seed ^ _AUGMENTATION, number])
            pair = filled(pair, self.size)
            pair = augment(pair, self.size, seed, strength, Augmentation())
        return self._example(pair, pair["valid"])

    @property
    def _is_as_generated(self):
        """Whether pairs have the model's size and are never changed."""
        is_generated = self.source.num_training is None
        return is_generated and not self.curriculum.augmentation

    def evaluation_dataset(self):
        """Held-out batches, in which every pixel counts once.

        Larger frames come in tiles, as the task cuts them.
        """
        size = self.size
        tiles = self._heldout_pairs().flat_map(
            lambda pair: tf.data.Dataset.from_tensor_slices(
                tiles_of(filled(pair, size), size)
            )
        )
        batches = tiles.map(
            lambda tile: self._example(tile, tile["valid"] & tile["counts"]),
            num_parallel_calls=tf.data.AUTOTUNE,
        ).batch(self.training.batch_size)
        # Tiles that are made of pairs do not tell.
        sizes = self.heldout.heldout_sizes()[: self._num_heldout()]
        count = sum(num_tiles(frame, size) for frame in sizes)
        count = math.ceil(count / self.training.batch_size)
        return batches.apply(
            tf.data.experimental.assert_cardinality(count)
        ).prefetch(tf.data.AUTOTUNE)

    def _example(self, pair, counts):
        """Frames, targets and weights."""
        frames = tf.cast(pair["frames"], tf.float32) / 255 * 2 - 1
        visible = tf.cast(pair["visible"], tf.float32)[..., None]
        targets = tf.concat([pair["flow"], visible], axis=-1)
        return (
            tf.ensure_shape(frames, (2, *self.size, 3)),
            tf.ensure_shape(targets, (*self.size, 3)),
            tf.ensure_shape(tf.cast(counts, tf.float32), self.size),
        )

    def first_heldout_pairs(self, count):
        """Returns held-out pairs of arrays, for people to see; made once."""
        if len(self._shown) != count:
            pairs = self._heldout_pairs().take(count)
            self._shown = list(pairs.as_numpy_iterator())
        return self._shown

    def _heldout_pairs(self):
        return self.heldout.heldout_pairs().take(self._num_heldout())

    def _num_heldout(self):
        most = self.training.evaluation_examples
        count = self.heldout.num_heldout
        return count if most is None else min(most, count)

    def baselines(self):
        measures = baselines.measure(self._heldout_pairs())
        self.heldout.raise_problems()
        return measures

    def callbacks(self, folder):
        return [StopAtDamage(self)]

    def raise_problems(self):
        """Raises `ValueError` if a pair that was read is damaged."""
        self.source.raise_problems()
        self.heldout.raise_problems()
