"""Images that are read file after file, many in each."""

import functools

import numpy as np
import tensorflow as tf

from keras_perceiver.data import shards
from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.labelled_images.base import LabelledImages


class ImagesInShards(LabelledImages):
    """Images in files of records; the sources below say which.

    Args:
        label_skew: as `open_images` takes it.
    """

    def __init__(self, label_skew):
        self.label_skew = label_skew

    @property
    def training_shards(self):
        """`RecordFiles` that training reads, their counts known."""
        raise NotImplementedError

    @property
    def heldout_shards(self):
        """`RecordFiles` that are held out, their counts known."""
        raise NotImplementedError

    @property
    def training_labels(self):
        """Class numbers of all records of the training files, int64."""
        raise NotImplementedError

    @property
    def heldout_labels(self):
        """Class numbers of all records of the held-out files, int64."""
        raise NotImplementedError

    def parse(self, record):
        """Returns `image_bytes` and `label` of a record, inside a graph."""
        raise NotImplementedError

    def is_training(self):
        """Returns which records of the training files are not held out.

        Booleans `(n,)`, or None for all.
        """
        return None

    def is_heldout(self):
        """Returns which records of the held-out files are; see above."""
        return None

    def training_examples(self, seed, start=0):
        records = shards.shuffled(self.training_shards, self._keep, seed, start)
        return self._examples(records)

    def training_in_order(self):
        """Returns training examples as they lie there, once."""
        records = shards.in_order(self.training_shards, self._keep)
        return self._examples(records)

    def heldout_examples(self, limit=None):
        choice = self._choice(limit)
        records = shards.in_order(self.heldout_shards, choice)
        count = self.num_heldout() if choice is None else int(choice.sum())
        return self._examples(records).apply(
            tf.data.experimental.assert_cardinality(count)
        )

    def heldout_columns(self, limit=None):
        labels = self.heldout_labels
        choice = self._choice(limit)
        if choice is not None:
            labels = labels[choice]
        return {"label": self.label_names(labels)}

    def training_counts(self):
        labels = self.training_labels
        if self._keep is not None:
            labels = labels[self._keep]
        num_classes = len(self.class_names)
        is_inside = (labels >= 0) & (labels < num_classes)
        return np.bincount(labels[is_inside], minlength=num_classes)

    def num_training(self):
        """Returns how many examples an epoch has."""
        if self._keep is None:
            return sum(self.training_shards.counts)
        return int(self._keep.sum())

    def num_heldout(self):
        """Returns how many examples are held out."""
        is_heldout = self.is_heldout()
        if is_heldout is None:
            return sum(self.heldout_shards.counts)
        return int(is_heldout.sum())

    @functools.cached_property
    def _keep(self):
        keep = self.is_training()
        if self.label_skew == 1:
            return keep
        is_kept = selection.is_kept(
            shards.names_of(self.training_shards),
            self.training_labels,
            len(self.class_names),
            self.label_skew,
        )
        return is_kept if keep is None else keep & is_kept

    def _choice(self, limit):
        is_heldout = self.is_heldout()
        if limit is None or limit >= self.num_heldout():
            return is_heldout
        names = shards.names_of(self.heldout_shards)
        if is_heldout is None:
            return selection.is_chosen(names, self.heldout_labels, limit)
        heldout = np.flatnonzero(is_heldout)
        is_chosen = selection.is_chosen(
            tf.gather(names, heldout), self.heldout_labels[heldout], limit
        )
        choice = np.zeros(len(is_heldout), bool)
        choice[heldout[is_chosen]] = True
        return choice

    def _examples(self, records):
        return records.map(
            lambda name, record: {**self.parse(record), "name": name},
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
