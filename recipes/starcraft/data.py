"""Moments of games, and which of their units were selected."""

import tensorflow as tf

from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays.sources import VALIDATE
from keras_perceiver.training.strategies import WHOLE
from recipes.recipe import RecipeData
from recipes.settings import resolved
from recipes.starcraft import baselines
from recipes.starcraft.preparation import WHERE_TO_GET
from recipes.starcraft.preparation import Preparation


class SelectionData(RecipeData):
    """What players knew, and the units that they selected then.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ValueError: if the model has no entities of this form, or no replays
            are named.
    """

    def __init__(self, configuration):
        self.settings = configuration.data
        self.training = configuration.training
        model = resolved(configuration.model)
        self.num_entities = model["num_entities"]
        self.entity_dim = model["entity_dim"]
        # Before long work starts.
        schema.code_width(self.entity_dim)
        self.preparation = Preparation(self.settings)
        self._opened = None

    @property
    def moments(self):
        """The `PreparedMoments`."""
        if self._opened is None:
            self._opened = self.preparation.moments(
                self.num_entities, self.entity_dim
            )
        return self._opened

    def prepare(self):
        """Reads all replays into records, where that is not done yet."""
        summary = self.preparation.prepare()
        folder = self.preparation.folder
        print(
            f"prepared in {folder}: {summary['replays']:,} games, "
            f"{summary['skipped']:,} skipped, {summary['moments']:,} selections"
        )
        for reason, count in summary["left_out"].items():
            print(f"  {count:,} changes are left out: {reason}")
        if summary["skipped"]:
            print(f"why which were skipped: {folder / 'problems.csv'}")

    def check(self):
        """Raises `ValueError` unless training can read its first example."""
        self.moments.training_moments(self.training.seed)
        self.moments.heldout_moments()

    def record(self):
        summary = self.moments.summary
        return {
            "description": summary["description"],
            "games_of_split": summary["games_of_split"],
            "moments_of_split": summary["moments_of_split"],
            "sha256": self.moments.identity(),
        }

    def describe(self):
        summary = self.moments.summary
        games = ", ".join(
            f"{count:,} {split}"
            for split, count in summary["games_of_split"].items()
        )
        rooms = ", ".join(
            f"{self.moments.num_moments(split):,} of {count:,} {split}"
            for split, count in summary["moments_of_split"].items()
        )
        lines = [
            f"games: {summary['description']}, {games} "
            f"({summary['skipped']:,} skipped)",
            f"selections among at most {self.num_entities} units: {rooms}",
        ]
        if self.preparation.is_generated:
            lines.append(f"real games: --data FOLDER. {WHERE_TO_GET}.")
        return lines

    def training_dataset(self, first_example, share=WHOLE):
        """Endless batches; example `n` is the same wherever one begins."""
        size = self.training.batch_size
        moments = self.moments.training_moments(
            self.training.seed, first_example
        )
        if share != WHOLE:
            moments = (
                moments.enumerate(first_example)
                .filter(lambda number, _: share.has(number, size))
                .map(lambda _, moment: moment)
            )
        return (
            moments.map(_example, tf.data.AUTOTUNE)
            .batch(size // share.count, drop_remainder=True)
            .prefetch(tf.data.AUTOTUNE)
        )

    def evaluation_dataset(self):
        """Held-out batches, the same ones every time."""
        return (
            self.moments.heldout_moments()
            .take(self.training.evaluation_examples or -1)
            .map(_example, tf.data.AUTOTUNE)
            .batch(self.training.batch_size)
            .prefetch(tf.data.AUTOTUNE)
        )

    def num_heldout(self):
        """Returns how many moments evaluation looks at."""
        count = self.moments.num_moments(VALIDATE)
        return min(count, self.training.evaluation_examples or count)

    def baselines(self):
        return baselines.measure(self)


def _example(moment):
    """Inputs, and the selected units' equal shares of one choice."""
    selected = tf.cast(moment["selected"], tf.float32)
    shares = selected / tf.reduce_sum(selected)
    inputs = {name: moment[name] for name in ("entities", "entity_mask")}
    return inputs, shares
