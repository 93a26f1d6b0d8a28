"""Views of labelled images, for training and for evaluation."""

import math

import numpy as np
import tensorflow as tf

from keras_perceiver.data import images
from keras_perceiver.data.image_augmentation.crops import TrainingViews
from keras_perceiver.data.image_augmentation.crops import training_views
from keras_perceiver.data.image_augmentation.mixing import mix_pairs
from keras_perceiver.data.labelled_images.sources import open_images
from keras_perceiver.data.labelled_images.unreadable import Unreadable
from keras_perceiver.data.labelled_images.unreadable import label_problems
from keras_perceiver.training.strategies import WHOLE
from recipes.class_agreement import check_number
from recipes.class_baselines import as_rows
from recipes.imagenet import baselines
from recipes.imagenet.watch_unreadable import WatchUnreadable
from recipes.recipe import RecipeData
from recipes.settings import resolved

# Fewer take longer each, since starting does; more fill the memory.
_VIEWS_AT_ONCE = 256


class ImageData(RecipeData):
    """Images with a class each.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ValueError: if there are no images, or a number is out of range.
    """

    def __init__(self, configuration):
        self.settings = configuration.data
        self.training = configuration.training
        model = resolved(configuration.model)
        self.image_shape = tuple(model["image_shape"])
        self.num_classes = model["num_classes"]
        self.views = TrainingViews(
            smallest_area=self.settings.smallest_area,
            largest_aspect=self.settings.largest_aspect,
            flip=self.settings.flip,
            rand_augment_layers=self.settings.rand_augment_layers,
            rand_augment_magnitude=self.settings.rand_augment_magnitude,
        )
        if not 0 <= self.settings.label_smoothing < 1:
            raise ValueError(
                "--data.label-smoothing takes a number from 0 to less than 1. "
                f"Received: {self.settings.label_smoothing}"
            )
        alpha = self.settings.mixup_alpha
        if alpha is not None and not alpha > 0:
            raise ValueError(
                "--data.mixup-alpha takes a number above 0, or none. "
                f"Received: {alpha}"
            )
        self.unreadable = Unreadable(self.settings.unreadable_share)
        self.source = open_images(
            self.settings.source, self.settings.label_skew
        )

    @property
    def class_names(self):
        return self.source.class_names

    def training_counts(self):
        """Returns training images by class; None where telling takes long."""
        return self.source.training_counts()

    def prepare(self):
        """Downloads or counts, where that is not done yet."""
        self.source.prepare()

    def check(self):
        """Raises `ValueError` unless training can read its first example."""
        check_number(
            self.num_classes, self.class_names, self.source.description
        )
        self.source.check()

    def record(self):
        return self.source.record()

    def describe(self):
        counts = self.training_counts()
        heldout = self.num_heldout()
        training = "" if counts is None else f"{counts.sum():,} for training, "
        return [
            f"images: {self.source.description}",
            f"{training}{heldout:,} held out, {self.num_classes:,} classes",
        ]

    def training_dataset(self, first_example, share=WHOLE):
        """Endless batches; example `n` is the same wherever one begins."""
        per_example = self._per_example
        encoded = self.source.training_examples(
            self.training.seed, first_example * per_example
        )
        examples = tf.data.Dataset.zip(
            tf.data.Dataset.range(first_example, np.iinfo(np.int64).max),
            encoded.batch(per_example, drop_remainder=True),
        )
        size = self.training.batch_size
        if share != WHOLE:
            examples = examples.filter(
                lambda number, encoded: share.has(number, size)
            )
        return (
            examples.batch(_VIEWS_AT_ONCE // per_example, drop_remainder=True)
            .map(self._training_examples, num_parallel_calls=tf.data.AUTOTUNE)
            .rebatch(size // share.count, drop_remainder=True)
            .prefetch(tf.data.AUTOTUNE)
        )

    def _training_examples(self, numbers, examples):
        """Pixels, targets and weights of examples of one or two images."""
        count = self._per_example
        examples = {
            name: tf.reshape(values, [-1]) for name, values in examples.items()
        }
        image_numbers = count * numbers[:, None] + tf.range(
            count, dtype=tf.int64
        )
        pixels, problems = training_views(
            examples["image_bytes"],
            tf.reshape(image_numbers, [-1]),
            self.training.seed,
            self.image_shape,
            self.views,
        )
        targets, weights = self._targets(examples, problems)
        if count == 2:
            alpha = self.settings.mixup_alpha
            pixels, targets = mix_pairs(
                pixels, targets, numbers, self.training.seed, alpha
            )
            weights = tf.minimum(weights[::2], weights[1::2])
        pixels = tf.ensure_shape(pixels, (len(numbers), *self.image_shape))
        return images.normalize(pixels), targets, weights

    @property
    def _per_example(self):
        """How many images a training example is made of."""
        return 1 if self.settings.mixup_alpha is None else 2

    def evaluation_dataset(self):
        """Held-out batches, as the published evaluation looks at them."""
        batches = self._evaluation_views(self._heldout_examples())
        # Batches that are made of others do not tell.
        count = math.ceil(self.num_heldout() / self.training.batch_size)
        return batches.apply(tf.data.experimental.assert_cardinality(count))

    def num_heldout(self):
        """Returns how many images evaluation looks at."""
        return int(self._heldout_examples().cardinality())

    def _heldout_examples(self):
        limit = self.training.evaluation_examples
        return self.source.heldout_examples(limit)

    def heldout_columns(self):
        """Returns what is known of each held-out image, by column."""
        return self.source.heldout_columns(self.training.evaluation_examples)

    def first_training_views(self, count):
        """The first training images as evaluation would look at them."""
        examples = self.source.training_examples(self.training.seed)
        return self._evaluation_views(examples.take(count))

    def _evaluation_views(self, examples):
        height, width, _ = self.image_shape

        def batch(examples):
            pixels, problems = images.read_images(
                examples["image_bytes"],
                lambda image: images.evaluation_crop(image, height, width),
                self.image_shape,
            )
            targets, weights = self._targets(examples, problems)
            return images.normalize(pixels), targets, weights

        return (
            examples.batch(_VIEWS_AT_ONCE)
            .map(batch, num_parallel_calls=tf.data.AUTOTUNE)
            .rebatch(self.training.batch_size)
            .prefetch(tf.data.AUTOTUNE)
        )

    def _targets(self, examples, problems):
        """One-hot targets, and weights that leave out what has a problem."""
        labels = examples["label"]
        of_labels = label_problems(labels, self.num_classes)
        problems = tf.where(tf.equal(problems, ""), of_labels, problems)
        self.unreadable.note(examples["name"], problems)
        weights = tf.cast(tf.equal(problems, ""), tf.float32)
        return tf.one_hot(labels, self.num_classes), weights

    def baselines(self):
        return as_rows(baselines.measure(self))

    def num_seen(self, steps):
        """Returns how many different images so many steps have tried."""
        seen = steps * self.training.batch_size * self._per_example
        counts = self.training_counts()
        if counts is not None:
            seen = min(seen, int(counts.sum()))
        return seen + self.num_heldout()

    def callbacks(self, folder):
        return [WatchUnreadable(self, folder)]
