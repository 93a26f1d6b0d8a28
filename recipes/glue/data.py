"""Texts of several tasks, mixed in every batch."""

import numpy as np
import tensorflow as tf

from keras_perceiver.data.labelled_texts.own_parts import Columns
from keras_perceiver.data.labelled_texts.sources import open_texts
from keras_perceiver.data.text_pairs import join_pairs
from keras_perceiver.training.strategies import WHOLE
from recipes.glue import baselines
from recipes.glue.heads import heads_of
from recipes.glue.mixture import TaskMixture
from recipes.recipe import RecipeData
from recipes.settings import resolved


def open_source(settings):
    """Returns the `LabelledTexts` that settings of the data name."""
    columns = Columns(
        text=settings.text_column,
        second_text=settings.second_text_column,
        label=settings.label_column,
        split=settings.split_column,
    )
    return open_texts(settings.source, settings.tasks, columns)


class GlueData(RecipeData):
    """Texts and pairs of texts with a class or a score each.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ValueError: if there are no such texts, or a number is out of range.
    """

    def __init__(self, configuration):
        self.settings = configuration.data
        self.start = configuration.start
        self.training = configuration.training
        model = resolved(configuration.model)
        self.max_length = model["max_length"]
        self.heads = heads_of(model["task_outputs"])
        self.texts = open_source(self.settings)
        self.mixture = TaskMixture(self.settings.size_exponent)

    @property
    def class_names(self):
        """By task; a regression has none."""
        return {
            task.name: list(task.class_names)
            for task in self.texts.tasks
            if task.class_names
        }

    def prepare(self):
        """Downloads what TFDS sources need; files need nothing."""
        self.texts.prepare()

    def check(self):
        """Raises `ValueError` unless training can read its first example."""
        wanted = outputs_of(self.texts)
        given = tuple((head.name, head.size) for head in self.heads)
        if given != wanted:
            raise ValueError(
                f"{self.texts.description} has the tasks {_in_words(wanted)}, "
                f"and the model {_in_words(given)} (logits behind the name). "
                "Name the data that it was trained on with --data, and tasks of "
                "them with --data.tasks."
            )
        self.texts.check()

    def record(self):
        return self.texts.record()

    def describe(self):
        lengths = [
            len(first) + len(second) + bool(second)
            for head in self.heads
            for examples in [self.texts.training(head.name)]
            for first, second in zip(
                examples.first, examples.second, strict=True
            )
        ]
        cut = np.mean(np.array(lengths) > self.max_length)
        return [
            *self.texts.describe(),
            f"cut at {self.max_length:,} bytes: {cut:.1%} of training examples",
        ]

    def training_dataset(self, first_example, share=WHOLE):
        """Endless batches; example `n` is the same wherever one begins."""
        parts = [self.texts.training(head.name) for head in self.heads]
        table = _Table(parts, [0] * len(parts))
        place_of = self.mixture.places([len(part) for part in parts])
        size = self.training.batch_size
        numbers = tf.data.Dataset.range(first_example, np.iinfo(np.int64).max)
        if share != WHOLE:
            numbers = numbers.filter(lambda number: share.has(number, size))
        places = numbers.map(
            lambda number: place_of(number, self.training.seed)
        )
        weights = self._weights(parts)

        def batch(places):
            inputs, targets = self._batch(table, places)
            task = tf.cast(targets[:, 0], tf.int32)
            return inputs, targets, tf.gather(weights, task)

        return (
            places.batch(size // share.count, drop_remainder=True)
            .map(batch, num_parallel_calls=tf.data.AUTOTUNE)
            .prefetch(tf.data.AUTOTUNE)
        )

    def _weights(self, parts):
        """Squared errors count in variances, to be as large as nats."""
        return np.array(
            [
                1 / max(float(part.targets.var()), 1e-6)
                if head.size == 1
                else 1.0
                for head, part in zip(self.heads, parts, strict=True)
            ],
            "float32",
        )

    def evaluation_dataset(self):
        """Held-out batches, the same ones every time."""
        heldout = self.heldout()
        parts = [
            (number, split, examples)
            for number, head in enumerate(self.heads)
            for split, examples in enumerate(heldout[head.name].values())
        ]
        table = _Table(
            [examples for _, _, examples in parts],
            [split for _, split, _ in parts],
            [number for number, _, _ in parts],
        )
        places = tf.data.Dataset.range(table.count)
        return (
            places.batch(min(self.training.batch_size, table.count))
            .map(lambda places: (*self._batch(table, places),))
            .prefetch(tf.data.AUTOTUNE)
        )

    def heldout(self):
        """Returns `TextExamples` by task and split, as many as are wanted."""
        limit = self.training.evaluation_examples
        return {
            head.name: {
                split: _first(examples, limit)
                for split, examples in self.texts.heldout(head.name).items()
            }
            for head in self.heads
        }

    def _batch(self, table, places):
        first, second, targets = table.rows(places)
        token_ids, padding_mask, _ = join_pairs(first, second, self.max_length)
        inputs = {"token_ids": token_ids, "padding_mask": padding_mask}
        return inputs, targets

    def baselines(self):
        training = {
            head.name: self.texts.training(head.name) for head in self.heads
        }
        return baselines.measure(self.heads, training, self.heldout())


class _Table:
    """All examples of several parts, one behind the other, in a graph."""

    def __init__(self, parts, splits, tasks=None):
        tasks = range(len(parts)) if tasks is None else tasks
        self._first = tf.constant([t for part in parts for t in part.first])
        self._second = tf.constant([t for part in parts for t in part.second])
        self._targets = tf.constant(
            np.concatenate(
                [
                    np.stack(
                        [
                            np.full(len(part), task),
                            part.targets,
                            np.full(len(part), split),
                        ],
                        axis=1,
                    )
                    for part, split, task in zip(
                        parts, splits, tasks, strict=True
                    )
                ]
            ),
            tf.float32,
        )
        self.count = len(self._targets)

    def rows(self, places):
        return (
            tf.gather(self._first, places),
            tf.gather(self._second, places),
            tf.gather(self._targets, places),
        )


def outputs_of(texts):
    """Returns what the model's `task_outputs` have to be for some texts."""
    return tuple(
        (task.name, len(task.class_names) or 1) for task in texts.tasks
    )


def _first(examples, limit):
    if limit is None or limit >= len(examples):
        return examples
    return type(examples)(
        examples.first[:limit],
        examples.second[:limit],
        examples.targets[:limit],
    )


def _in_words(outputs):
    return ", ".join(f"{name} {size}" for name, size in outputs)
