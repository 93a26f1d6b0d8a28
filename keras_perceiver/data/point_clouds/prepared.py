"""Clouds of prepared records, read with TensorFlow operations alone."""

import pathlib

import numpy as np
import tensorflow as tf

from keras_perceiver import files
from keras_perceiver.data import record_folder
from keras_perceiver.data import shards
from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.point_clouds import records
from keras_perceiver.data.point_clouds import sources


class PreparedClouds:
    """The clouds of a folder that `records.prepare` wrote.

    A cloud is a dictionary of tensors: `points` (float32 `(n, 3)`, in random
    order, n as there are) and `label` (int64).

    Args:
        folder: the folder.

    Attributes:
        summary: what `summary.json` says.
        class_names: list of strings.

    Raises:
        ValueError: if nothing was prepared there.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).expanduser()
        self.summary = record_folder.read_summary(self.folder)
        self.class_names = self.summary["class_names"]

    def training_clouds(self, seed, start=0):
        """Returns an endless `tf.data.Dataset` of clouds.

        Args:
            seed: of the order.
            start: the number of the first cloud; cloud `n` is the same
                wherever one starts.
        """
        chosen = self._files(sources.TRAIN)
        return _parsed(shards.shuffled(chosen, None, seed, start))

    def heldout_clouds(self, limit=None):
        """Returns a finite `tf.data.Dataset`, always the same.

        Args:
            limit: the most clouds, spread evenly over the classes; None for
                all.
        """
        keep = self._chosen(limit)
        clouds = _parsed(shards.in_order(self._files(sources.HELDOUT), keep))
        count = tf.data.experimental.assert_cardinality(int(keep.sum()))
        return clouds.apply(count)

    def training_counts(self):
        """Returns training clouds by class, int64 `(K,)`."""
        labels = self._column("labels", sources.TRAIN)
        return np.bincount(
            np.array(labels, np.int64), minlength=len(self.class_names)
        )

    def heldout_names(self, limit=None):
        """Returns names and labels, in the order of `heldout_clouds`.

        Args:
            limit: as `heldout_clouds` takes it.
        """
        keep = self._chosen(limit)
        names = np.array(self._column("names", sources.HELDOUT))[keep]
        return names.tolist(), self._heldout_labels()[keep]

    def check(self):
        """Raises `ValueError` if a class or the held-out part is empty."""
        description = self.summary["description"]
        empty = [
            name
            for name, count in zip(
                self.class_names, self.training_counts(), strict=True
            )
            if not count
        ]
        if empty:
            raise ValueError(
                f"No training shape of {description} is of class "
                f"{', '.join(map(repr, empty[:5]))}. Add some, or take the "
                f"class away; {self.folder / record_folder.PROBLEMS} says what "
                "was skipped."
            )
        if not len(self._heldout_labels()):
            raise ValueError(
                f"No shape of {description} is held out. Put some into "
                "CLASS/test beside CLASS/train."
            )

    def identity(self):
        """Returns a SHA-256 of what was prepared, and how."""
        return files.sha256(self.folder / record_folder.PLAN)

    def _files(self, split):
        parts = self._parts(split)
        return shards.RecordFiles(
            [
                str(records.records_path(self.folder, part["name"]))
                for part in parts
            ],
            [part["name"] for part in parts],
            [0] * len(parts),
            [len(part["labels"]) for part in parts],
        )

    def _chosen(self, limit):
        """Which held-out clouds are looked at, booleans."""
        labels = self._heldout_labels()
        if limit is None or limit >= len(labels):
            return np.ones(len(labels), bool)
        names = self._column("names", sources.HELDOUT)
        return selection.is_chosen(tf.constant(names), labels, limit)

    def _heldout_labels(self):
        return np.array(self._column("labels", sources.HELDOUT), np.int64)

    def _column(self, column, split):
        return [one for part in self._parts(split) for one in part[column]]

    def _parts(self, split):
        return [
            part
            for part in self.summary["parts"]
            if part["split"] == split and part["labels"]
        ]


def _parsed(named_records):
    return named_records.map(_cloud, tf.data.AUTOTUNE, deterministic=True)


def _cloud(_, record):
    found = tf.io.parse_single_example(
        record,
        {
            records.POINTS: tf.io.FixedLenFeature([], tf.string),
            records.LABEL: tf.io.FixedLenFeature([], tf.int64),
        },
    )
    points = tf.io.decode_raw(found[records.POINTS], tf.float32)
    return {"points": tf.reshape(points, (-1, 3)), "label": found["label"]}
