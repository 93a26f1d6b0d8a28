"""Images that are read one by one, in any order."""

import numpy as np
import tensorflow as tf

from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.labelled_images.base import LabelledImages

_READ_AT_ONCE = 64


class ImagesByIndex(LabelledImages):
    """Images whose names and labels are in memory.

    Args:
        description: what it is, for people.
        class_names: list of strings.
        names: string tensor `(n,)`.
        labels: int64 `(n,)`.
        is_heldout: booleans `(n,)`.
        label_skew: as `open_images` takes it.
    """

    def __init__(
        self, description, class_names, names, labels, is_heldout, label_skew
    ):
        self.description = description
        self.class_names = class_names
        self.label_skew = label_skew
        self.names = names
        self.labels = labels
        is_kept = selection.is_kept(names, labels, len(class_names), label_skew)
        self.training = np.flatnonzero(~is_heldout & is_kept)
        self.heldout = np.flatnonzero(is_heldout)

    def read(self, indices):
        """Returns the bytes of images `(n,)`, inside a graph."""
        raise NotImplementedError

    def columns(self, indices):
        """Returns the columns of these images besides their label."""
        raise NotImplementedError

    def training_examples(self, seed, start=0):
        count = len(self.training)
        training = tf.constant(self.training)

        def index_of(number):
            place = tf.random.experimental.index_shuffle(
                number % count,
                tf.stack([tf.constant(seed, tf.int64), number // count]),
                count - 1,
            )
            return training[place]

        numbers = tf.data.Dataset.range(start, np.iinfo(np.int64).max)
        return self._examples(numbers.map(index_of))

    def heldout_examples(self, limit=None):
        indices = self._heldout(limit)
        examples = self._examples(tf.data.Dataset.from_tensor_slices(indices))
        return examples.apply(
            tf.data.experimental.assert_cardinality(len(indices))
        )

    def heldout_columns(self, limit=None):
        indices = self._heldout(limit)
        names = self.label_names(self.labels[indices])
        return {"label": names, **self.columns(indices)}

    def training_counts(self):
        labels = self.labels[self.training]
        return np.bincount(labels, minlength=len(self.class_names))

    def _heldout(self, limit):
        if limit is None or limit >= len(self.heldout):
            return self.heldout
        is_chosen = selection.is_chosen(
            tf.gather(self.names, self.heldout),
            self.labels[self.heldout],
            limit,
        )
        return self.heldout[is_chosen]

    def _examples(self, indices):
        labels = tf.constant(self.labels)

        def examples(indices):
            return {
                "image_bytes": self.read(indices),
                "label": tf.gather(labels, indices),
                "name": tf.gather(self.names, indices),
            }

        # Reading a few at once costs less than one by one.
        batches = indices.batch(_READ_AT_ONCE).map(
            examples, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
        return batches.unbatch()
