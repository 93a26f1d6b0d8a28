"""Records in many files, read in order or in an order of each epoch's own."""

import dataclasses
import os

import numpy as np
import tensorflow as tf

# The order depends on both: another value, and runs do not resume exactly.
_READ_AT_ONCE = 16
# What one block of shuffled records takes; three are in memory.
BLOCK_BYTES = 2**28


@dataclasses.dataclass(frozen=True)
class RecordFiles:
    """TFRecord files, or a part of each.

    Attributes:
        paths: list of strings.
        names: what to call them in the names of examples.
        skips: how many records of each are left out at its begin.
        counts: how many are read after those; -1 for all.
    """

    paths: list
    names: list
    skips: list
    counts: list

    def read(self, number):
        """Returns the records of file `number` as a `tf.data.Dataset`."""
        records = tf.data.TFRecordDataset(
            tf.constant(self.paths)[number], buffer_size=2**20
        )
        skip = tf.constant(self.skips, tf.int64)[number]
        return records.skip(skip).take(
            tf.constant(self.counts, tf.int64)[number]
        )

    def folder(self):
        """Returns the folder of the first file."""
        return os.path.dirname(self.paths[0])

    def num_bytes(self):
        """Returns the size of all the files, whole ones."""
        return sum(size for size, _ in self.stamps())

    def stamps(self):
        """Returns the size and the time of change of each file."""
        return [_stamp(path) for path in self.paths]


def in_order(shards, keep=None):
    """Returns names and records, file after file.

    Args:
        shards: `RecordFiles`, or what has its `names`, `skips`, `counts` and
            `read`.
        keep: booleans, one for each record of all files in a row; None for
            all of them.
    """
    read = _reader(shards, keep)
    numbers = tf.data.Dataset.range(len(shards.counts))
    return numbers.flat_map(read).prefetch(_READ_AT_ONCE)


def shuffled(shards, keep, seed, start):
    """Returns names and records without end, each epoch in its own order.

    Files are taken in a new order, in groups; the records of a group are
    mixed, cut into blocks, and each block is shuffled. A block has
    `BLOCK_BYTES`, so that the whole of a small data set is one.

    Args:
        shards: as `in_order` takes them, `num_bytes` too.
        keep: as `in_order` takes it.
        seed: of the order.
        start: the number of the first record. Groups before it are not read.
    """
    read = _reader(shards, keep)
    num_shards = len(shards.counts)
    kept = _kept_counts(shards, keep)
    block = _block_size(shards)
    # Whole blocks, even of short files.
    mean_count = max(1, sum(shards.counts) // num_shards)
    group_size = min(num_shards, max(_READ_AT_ONCE, -(-block // mean_count)))
    num_groups = -(-num_shards // group_size)

    def files_of(epoch, group):
        last = tf.minimum((group + 1) * group_size, num_shards)
        return tf.random.experimental.index_shuffle(
            tf.range(group * group_size, last),
            tf.stack([tf.constant(seed, tf.int64), epoch]),
            num_shards - 1,
        )

    def blocks(number):
        files = files_of(number // num_groups, number % num_groups)
        records = tf.data.Dataset.from_tensor_slices(files).interleave(
            read,
            cycle_length=_READ_AT_ONCE,
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        group_seed = tf.stack([tf.constant(seed, tf.int64), number])
        return (
            records.batch(block)
            .enumerate()
            .map(lambda index, part: _shuffle(part, group_seed, index))
        )

    epoch, left = divmod(start, int(kept.sum()))

    def count_of(group):
        files = files_of(*tf.constant([epoch, group], tf.int64))
        return int(kept[files.numpy()].sum())

    first_group, left = _group_of(left, map(count_of, range(num_groups)))
    numbers = tf.data.Dataset.range(
        epoch * num_groups + first_group, np.iinfo(np.int64).max
    )
    return numbers.flat_map(blocks).prefetch(1).unbatch().skip(left)


def _group_of(number, counts):
    """Returns which group a record is in, and its number there.

    Args:
        number: of the record, over all groups, which have more than that.
        counts: how many records each group has, counted as far as needed.
    """
    for group, count in enumerate(counts):
        if number < count:
            return group, number
        number -= count


def names_of(shards):
    """Returns the names of all records, file after file."""
    names = [
        f"{name}:{skip + number}"
        for name, skip, count in zip(
            shards.names, shards.skips, shards.counts, strict=True
        )
        for number in range(count)
    ]
    return tf.constant(names, tf.string, (len(names),))


def _stamp(path):
    if "://" in path:
        status = tf.io.gfile.stat(path)
        return [status.length, status.mtime_nsec]
    # TensorFlow tells of local files only the second.
    status = os.stat(path)
    return [status.st_size, status.st_mtime_ns]


def _reader(shards, keep):
    firsts = tf.constant(np.cumsum([0, *shards.counts])[:-1], tf.int64)
    file_names = tf.constant(shards.names)
    skips = tf.constant(shards.skips, tf.int64)
    if keep is not None:
        keep = tf.constant(keep)

    def read(number):
        records = shards.read(number).enumerate()
        if keep is not None:
            first = firsts[number]
            records = records.filter(lambda index, _: keep[first + index])

        def with_name(index, record):
            place = tf.as_string(skips[number] + index)
            return tf.strings.join([file_names[number], ":", place]), record

        return records.map(with_name)

    return read


def _kept_counts(shards, keep):
    counts = np.array(shards.counts)
    if keep is None:
        return counts
    bounds = np.cumsum([0, *counts])
    kept_before = np.cumsum([0, *keep])
    return np.diff(kept_before[bounds])


def _block_size(shards):
    total = max(1, sum(shards.counts))
    return min(total, max(1, BLOCK_BYTES * total // max(1, shards.num_bytes())))


def _shuffle(part, seed, index):
    seed = tf.random.experimental.stateless_fold_in(seed, index)
    count = tf.shape(part[0])[0]
    order = tf.random.experimental.stateless_shuffle(tf.range(count), seed)
    return tf.nest.map_structure(lambda rows: tf.gather(rows, order), part)
