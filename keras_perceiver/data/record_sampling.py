"""Records drawn by weight, each read by its place in its file.

What is drawn depends on the seed and the example's number alone, so that any
example can be had without those before it.
"""

import os

import numpy as np
import tensorflow as tf

# TFRecord: the length and its checksum, the record, and its checksum.
_BEFORE = 12
_AFTER = 4
_READ_AT_ONCE = 16


def class_weights(labels):
    """Weights of examples by which all classes are drawn equally often.

    Each class has as much to give as any other, shared out equally among the
    examples that have it.

    Args:
        labels: bool `(n, num_classes)`; an example may have several, or none.

    Returns:
        float64 `(n,)`, 0 for examples without any class.

    Raises:
        ValueError: if no example has one.
    """
    labels = np.asarray(labels, bool)
    counts = labels.sum(axis=0)
    if not counts.any():
        raise ValueError(
            f"None of {len(labels):,} examples has a class, so that no class "
            "can be drawn."
        )
    return labels @ (1 / np.maximum(counts, 1))


class PlacedRecords:
    """Records and where they lie.

    Args:
        paths: of the TFRecord files, list of strings.
        sizes: for each file, the number of bytes of each of its records.

    Raises:
        ValueError: if a file is not as long as its records.
    """

    def __init__(self, paths, sizes):
        files, begins, lengths, ends = [], [], [], []
        for number, (path, own) in enumerate(zip(paths, sizes, strict=True)):
            own = np.array(own, np.int64)
            whole = own + _BEFORE + _AFTER
            total = int(whole.sum())
            if os.path.getsize(path) != total:
                raise ValueError(
                    f"{path} has {os.path.getsize(path):,} bytes, and its "
                    f"records {total:,}: it has changed since it was "
                    "prepared. Prepare it anew in another folder."
                )
            begins.append(np.cumsum(whole) - whole + _BEFORE)
            files.append(np.full(len(own), number))
            lengths.append(own)
            ends.append(np.full(len(own), total))
        self._paths = tf.constant(paths)
        self._files, self._begins, self._lengths, self._ends = (
            tf.constant(np.concatenate(parts), tf.int64)
            for parts in (files, begins, lengths, ends)
        )

    def read(self, number):
        """Returns record `number`, of all files in a row, inside a graph.

        Returns:
            A `tf.data.Dataset` of one string.
        """
        begin, length = self._begins[number], self._lengths[number]
        # What lies before and behind is passed over, not read.
        return tf.data.FixedLengthRecordDataset(
            self._paths[self._files[number]],
            record_bytes=length,
            header_bytes=begin,
            footer_bytes=self._ends[number] - begin - length,
        )


def drawn(records, weights, numbers, seed):
    """Draws a record for each example, with replacement.

    Args:
        records: `PlacedRecords`.
        weights: `(n,)`, one for each of them; 0 is never drawn.
        numbers: a `tf.data.Dataset` of int64, of the examples.
        seed: integer.

    Returns:
        A `tf.data.Dataset` of pairs of a number and a record, in order.
    """
    bounds = tf.constant(np.cumsum(np.asarray(weights, "float64")))

    def read(number):
        key = tf.stack([tf.constant(seed, tf.int64), number])
        place = bounds[-1] * tf.random.stateless_uniform(
            (), key, dtype=tf.float64
        )
        index = tf.searchsorted(bounds, place[None], side="right")[0]
        return records.read(index).map(lambda record: (number, record))

    return numbers.interleave(
        read,
        cycle_length=_READ_AT_ONCE,
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
