"""Clouds of points with a class each, for training and for evaluation."""

import os

import numpy as np
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.point_clouds import views
from keras_perceiver.training.strategies import WHOLE
from recipes.class_agreement import check_number
from recipes.class_baselines import as_rows
from recipes.modelnet40 import baselines
from recipes.modelnet40.preparation import Preparation
from recipes.recipe import RecipeData
from recipes.settings import resolved
from recipes.training_checks import check_share


class CloudData(RecipeData):
    """Clouds of points with a class each.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ImportError: if scikit-learn is not installed.
        ValueError: if a number is out of range, or no shapes are named.
    """

    def __init__(self, configuration):
        # References need it, when a run has begun already.
        errors.import_extra("sklearn", "data")
        self.settings = configuration.data
        self.training = configuration.training
        model = resolved(configuration.model)
        self.num_points = model["num_points"]
        self.num_classes = model["num_classes"]
        check_share("data.scale-jitter", self.settings.scale_jitter)
        if self.settings.points_kept < self.num_points:
            raise ValueError(
                f"The model takes {self.num_points:,} points, and fewer are "
                "kept. Raise --data.points-kept. Received: "
                f"{self.settings.points_kept}"
            )
        self.preparation = Preparation(self.settings)
        self._opened = None

    @property
    def clouds(self):
        """The `PreparedClouds`."""
        if self._opened is None:
            self._opened = self.preparation.clouds()
        return self._opened

    @property
    def class_names(self):
        return self.clouds.class_names

    def training_counts(self):
        """Returns training clouds by class."""
        return self.clouds.training_counts()

    def prepare(self):
        """Reads all shapes into records, where that is not done yet."""
        summary = self.preparation.prepare()
        folder = self.preparation.folder
        print(
            f"prepared in {folder}: {summary['shapes']:,} shapes, "
            f"{summary['skipped']:,} skipped"
        )
        if summary["skipped"]:
            print(f"why which were skipped: {folder / 'problems.csv'}")

    def check(self):
        """Raises `ValueError` unless training can read its first example."""
        check_number(
            self.num_classes,
            self.class_names,
            self.clouds.summary["description"],
        )
        self.clouds.check()

    def record(self):
        summary = self.clouds.summary
        return {
            "description": summary["description"],
            "classes": len(self.class_names),
            "shapes_of_split": summary["shapes_of_split"],
            "skipped": summary["skipped"],
            "sha256": self.clouds.identity(),
        }

    def describe(self):
        summary = self.clouds.summary
        lines = [
            f"shapes: {summary['description']} "
            f"({summary['skipped']:,} skipped)",
            f"{self.training_counts().sum():,} for training, "
            f"{self.num_heldout():,} held out, {len(self.class_names):,} "
            f"classes, {self.num_points:,} of {self.settings.points_kept:,} "
            "points",
        ]
        if self.preparation.is_generated:
            lines.append("real objects: --data FOLDER, such as ModelNet40")
        return lines

    def training_dataset(self, first_example, share=WHOLE):
        """Endless batches; example `n` is the same wherever one begins."""
        size = self.training.batch_size
        clouds = self.clouds.training_clouds(self.training.seed, first_example)
        numbered = clouds.enumerate(first_example)
        if share != WHOLE:
            numbered = numbered.filter(
                lambda number, _: share.has(number, size)
            )

        def example(number, cloud):
            seed = tf.stack([tf.constant(self.training.seed, tf.int64), number])
            points = views.training_view(
                cloud["points"],
                self.num_points,
                seed,
                self.settings.scale_jitter,
            )
            return self._example(points, cloud["label"])

        return (
            numbered.map(example, tf.data.AUTOTUNE, deterministic=True)
            .batch(size // share.count, drop_remainder=True)
            .prefetch(tf.data.AUTOTUNE)
        )

    def evaluation_dataset(self):
        """Held-out batches, the same ones every time."""
        limit = self.training.evaluation_examples
        return self._evaluation_views(self.clouds.heldout_clouds(limit))

    def first_training_views(self, count):
        """The first training clouds as evaluation would look at them."""
        clouds = self.clouds.training_clouds(self.training.seed)
        return self._evaluation_views(clouds.take(count))

    def _evaluation_views(self, clouds):
        def example(cloud):
            points = views.evaluation_view(cloud["points"], self.num_points)
            return self._example(points, cloud["label"])

        return (
            clouds.map(example, tf.data.AUTOTUNE, deterministic=True)
            .batch(self.training.batch_size)
            .prefetch(tf.data.AUTOTUNE)
        )

    def _example(self, points, label):
        points = tf.ensure_shape(points, (self.num_points, 3))
        return points, tf.one_hot(label, self.num_classes), tf.ones(())

    def num_heldout(self):
        """Returns how many clouds evaluation looks at."""
        return len(self.heldout_columns()["label"])

    def heldout_columns(self):
        """Returns what is known of each held-out cloud, by column."""
        names, labels = self.clouds.heldout_names(
            self.training.evaluation_examples
        )
        return {
            "label": np.array(self.class_names)[labels].tolist(),
            "ending": [os.path.splitext(name)[1].lower() for name in names],
        }

    def baselines(self):
        return as_rows(baselines.measure(self))
