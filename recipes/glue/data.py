"""Texts of several tasks, mixed in every batch."""

import numpy as np
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.labelled_texts.own_parts import Columns
from keras_perceiver.data.labelled_texts.sources import open_texts
from keras_perceiver.serving import signatures
from keras_perceiver.training.strategies import WHOLE
from recipes.glue import baselines
from recipes.glue.heads import heads_of
from recipes.glue.mixture import TaskMixture
from recipes.glue.table import Table
from recipes.glue.tokens import open_tokens
from recipes.recipe import RecipeData
from recipes.settings import resolved
from recipes.training_checks import check_share


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
        ImportError: if scikit-learn is not installed.
        ValueError: if there are no such texts, or a number is out of range.
    """

    def __init__(self, configuration):
        # Scores need it, when training has begun already.
        errors.import_extra("sklearn", "data")
        self.settings = configuration.data
        self.start = configuration.start
        self.training = configuration.training
        model = resolved(configuration.model)
        self.max_length = model["max_length"]
        self.heads = heads_of(model["task_outputs"])
        self.tokens = open_tokens(
            model["vocabulary_size"], self.settings.vocabulary
        )
        check_share(
            "data.masking-probability", self.settings.masking_probability
        )
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
                "Name the data that it was trained on with --data, and which "
                "of their tasks with --data.tasks."
            )
        for head in self.heads:
            signatures.check_name(head.name)
        self.texts.check()

    def record(self):
        return {**self.texts.record(), **self.tokens.record()}

    def preprocessing(self):
        """Returns what is kept beside the weights: names and vocabulary."""
        return {
            "class_names": self.class_names,
            **self.tokens.preprocessing(),
        }

    def describe(self):
        return [
            *self.texts.describe(),
            f"cut at {self.max_length:,} {self.tokens.kind}: "
            f"{self._share_cut():.1%} of the held-out examples",
        ]

    def _share_cut(self):
        lengths = [
            self.tokens.join(
                tf.constant(examples.first),
                tf.constant(examples.second),
                self.max_length,
            )[2]
            for splits in self.heldout().values()
            for examples in splits.values()
        ]
        return np.mean(np.concatenate(lengths) > self.max_length)

    def training_dataset(self, first_example, share=WHOLE):
        """Endless batches; example `n` is the same wherever one begins."""
        parts = [self.texts.training(head.name) for head in self.heads]
        table = Table(parts, range(len(parts)), [0] * len(parts))
        place_of = self.mixture.places([len(part) for part in parts])
        weights = tf.constant(self._weights(parts))
        size, seed = self.training.batch_size, self.training.seed
        numbers = tf.data.Dataset.range(first_example, np.iinfo(np.int64).max)
        if share != WHOLE:
            numbers = numbers.filter(lambda number: share.has(number, size))

        def example(number):
            inputs, row = self._example(table, place_of(number, seed))
            inputs["token_ids"] = self.tokens.mask(
                inputs["token_ids"],
                [seed, number],
                self.settings.masking_probability,
            )
            return inputs, row, tf.gather(weights, tf.cast(row[0], tf.int32))

        return (
            numbers.map(example, num_parallel_calls=tf.data.AUTOTUNE)
            .batch(size // share.count, drop_remainder=True)
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
            (examples, task, split)
            for task, head in enumerate(self.heads)
            for split, examples in enumerate(heldout[head.name].values())
        ]
        table = Table(*zip(*parts, strict=True))
        return (
            tf.data.Dataset.range(table.count)
            .map(
                lambda place: (*self._example(table, place), 1.0),
                tf.data.AUTOTUNE,
            )
            .batch(min(self.training.batch_size, table.count))
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

    def _example(self, table, place):
        """Inputs and target of the example in one place, inside a graph."""
        first, second, row = table.rows(place[None])
        token_ids, padding_mask, _ = self.tokens.join(
            first, second, self.max_length
        )
        inputs = {"token_ids": token_ids[0], "padding_mask": padding_mask[0]}
        return inputs, row[0]

    def baselines(self):
        training = {
            head.name: self.texts.training(head.name) for head in self.heads
        }
        return baselines.measure(self.heads, training, self.heldout())


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
