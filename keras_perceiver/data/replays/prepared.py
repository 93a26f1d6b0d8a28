"""Moments of prepared games, read with TensorFlow operations alone."""

import json
import pathlib

import numpy as np
import tensorflow as tf

from keras_perceiver import files
from keras_perceiver.data import record_folder
from keras_perceiver.data import shards
from keras_perceiver.data.replays import record_features as features
from keras_perceiver.data.replays import records
from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays import sources


class PreparedMoments:
    """The moments of a folder that `records.prepare` wrote.

    A moment is a dictionary of tensors: `entities` (float32 `(M, C)`, the
    columns of `schema` and behind them the code of the type), `entity_mask`
    (bool `(M,)`) and `selected` (bool `(M,)`).

    Args:
        folder: the folder.
        num_entities: M, of every moment; those of more units are left out.
        entity_dim: C.

    Attributes:
        summary: what `summary.json` says.

    Raises:
        ValueError: if nothing was prepared there, or C is too small.
    """

    def __init__(self, folder, num_entities, entity_dim):
        self.folder = pathlib.Path(folder).expanduser()
        path = self.folder / record_folder.SUMMARY
        if not path.is_file():
            raise ValueError(
                f"{self.folder} has no {record_folder.SUMMARY}: nothing was "
                "prepared there, or it was not finished. Prepare it first."
            )
        self.summary = json.loads(path.read_text())
        self.num_entities = num_entities
        self._code_width = schema.code_width(entity_dim)

    def training_moments(self, seed, start=0):
        """Returns an endless `tf.data.Dataset` of moments.

        Args:
            seed: of the order.
            start: the number of the first moment; moment `n` is the same
                wherever one starts.
        """
        chosen, keep = self._usable(sources.TRAIN)
        return shards.shuffled(chosen, keep, seed, start).map(
            self._moment, tf.data.AUTOTUNE, deterministic=True
        )

    def heldout_moments(self):
        """Returns a finite `tf.data.Dataset`, always the same."""
        chosen, keep = self._usable(sources.VALIDATE)
        moments = shards.in_order(chosen, keep).map(
            self._moment, tf.data.AUTOTUNE, deterministic=True
        )
        count = tf.data.experimental.assert_cardinality(int(keep.sum()))
        return moments.apply(count)

    def num_moments(self, split):
        """Returns how many moments of a split have room in the model."""
        return int(self._usable(split)[1].sum())

    def identity(self):
        """Returns a SHA-256 of which games were prepared, and how."""
        return files.sha256(self.folder / record_folder.PLAN)

    def _usable(self, split):
        """The records of a split, and which have room."""
        games = [g for g in self.summary["games"] if g["split"] == split]
        if not games:
            raise ValueError(
                f"No game of {self.summary['description']} is in the split "
                f"{split!r}: {self.summary['games_of_split']}. A fifth is held "
                "out, by hash of what happens in it. Add replays."
            )
        keep = np.concatenate(
            [np.array(game["num_entities"]) for game in games]
        )
        keep = keep <= self.num_entities
        if not keep.any():
            raise ValueError(
                f"No moment of the split {split!r} has at most "
                f"{self.num_entities} units. Raise --model.num-entities."
            )
        paths = [
            str(records.records_path(self.folder, game["number"]))
            for game in games
        ]
        counts = [game["moments"] for game in games]
        names = [str(game["number"]) for game in games]
        return shards.RecordFiles(paths, names, [0] * len(games), counts), keep

    def _moment(self, _, record):
        entities, selected = features.parse(record, self._code_width)
        count = tf.shape(entities)[0]
        empty = self.num_entities - count
        width = len(schema.COLUMNS) + self._code_width
        slots = (self.num_entities,)
        return {
            "entities": tf.ensure_shape(
                tf.pad(entities, [[0, empty], [0, 0]]), (*slots, width)
            ),
            "entity_mask": tf.range(self.num_entities) < count,
            "selected": tf.ensure_shape(tf.pad(selected, [[0, empty]]), slots),
        }
