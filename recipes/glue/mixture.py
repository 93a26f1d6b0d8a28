"""Which example of which task comes next."""

import numpy as np
import tensorflow as tf


class TaskMixture:
    """Each task's share of examples goes by a power of its size.

    Within an epoch, tasks of their own size's share have each example once;
    smaller ones repeat theirs, and larger ones go on in the next epoch.

    Args:
        exponent: 1 for shares as sizes are, 0 for equal shares.

    Raises:
        ValueError: if the exponent is not between 0 and 1.
    """

    def __init__(self, exponent):
        if not 0 <= exponent <= 1:
            raise ValueError(
                "--data.size-exponent takes a number from 0 (equal shares) to "
                f"1 (shares as sizes). Received: {exponent}"
            )
        self._exponent = exponent

    def counts(self, sizes):
        """Returns how many examples of each task an epoch has, int64."""
        sizes = np.asarray(sizes, "float64")
        shares = sizes**self._exponent
        counts = np.rint(sizes.sum() * shares / shares.sum())
        return np.maximum(counts, 1).astype("int64")

    def places(self, sizes):
        """Returns a function from an example's number and a seed to its place.

        Places count all examples, one task behind the other.

        Args:
            sizes: the number of examples of each task.
        """
        counts = self.counts(sizes)
        total = int(counts.sum())
        ends = tf.constant(np.cumsum(counts))
        counts = tf.constant(counts)
        starts = tf.constant(np.cumsum([0, *sizes[:-1]]), tf.int64)
        sizes = tf.constant(sizes, tf.int64)

        def place_of(number, seed):
            epoch = number // total
            turn = tf.random.experimental.index_shuffle(
                number % total,
                tf.stack([tf.constant(seed, tf.int64), epoch]),
                total - 1,
            )
            task = tf.searchsorted(ends, [turn], side="right")[0]
            count = counts[task]
            within = turn - (ends[task] - count) + epoch * count
            return starts[task] + within % sizes[task]

        return place_of
