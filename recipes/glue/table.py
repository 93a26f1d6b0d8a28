"""Examples of all tasks in one row of places."""

import numpy as np
import tensorflow as tf


class Table:
    """Several parts, one behind the other, to be read inside a graph.

    Args:
        parts: `TextExamples`.
        tasks: the number of each part's task.
        splits: the number of each part's split within its task.
    """

    def __init__(self, parts, tasks, splits):
        self._first = tf.constant([text for one in parts for text in one.first])
        self._second = tf.constant(
            [text for one in parts for text in one.second]
        )
        columns = [
            np.repeat(tasks, [len(one) for one in parts]),
            np.concatenate([one.targets for one in parts]),
            np.repeat(splits, [len(one) for one in parts]),
        ]
        self._targets = tf.constant(np.stack(columns, axis=1), tf.float32)
        self.count = len(self._targets)

    def rows(self, places):
        """Returns first texts, second texts and `(task, value, split)`.

        Args:
            places: int64 `(B,)`.
        """
        return (
            tf.gather(self._first, places),
            tf.gather(self._second, places),
            tf.gather(self._targets, places),
        )
