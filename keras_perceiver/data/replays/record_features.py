"""What a record of a moment holds.

| feature | what |
| --- | --- |
| `table` | float16, little endian, `(n, len(schema.COLUMNS))` |
| `kinds` | int16, little endian, `(n,)`: places in the game's list of types |
| `selected` | bytes of 0 and 1, `(n,)` |
| `frame` | when it was |
"""

import numpy as np
import tensorflow as tf

TABLE = "table"
KINDS = "kinds"
SELECTED = "selected"
FRAME = "frame"


def example(moment, kinds):
    """Returns a record.

    Args:
        moment: a `Moment`.
        kinds: a place for each type by name; new types get the next ones.
    """
    places = [kinds.setdefault(kind, len(kinds)) for kind in moment.kinds]
    feature = {
        TABLE: _bytes(moment.table.astype("<f2")),
        KINDS: _bytes(np.array(places, "<i2")),
        SELECTED: _bytes(moment.selected.astype("u1")),
        FRAME: tf.train.Feature(
            int64_list=tf.train.Int64List(value=[moment.frame])
        ),
    }
    return tf.train.Example(
        features=tf.train.Features(feature=feature)
    ).SerializeToString(deterministic=True)


def parse(record, num_columns):
    """Returns the features of a record by name, inside a graph."""
    text = tf.io.FixedLenFeature([], tf.string)
    found = tf.io.parse_single_example(
        record,
        {
            TABLE: text,
            KINDS: text,
            SELECTED: text,
            FRAME: tf.io.FixedLenFeature([], tf.int64),
        },
    )
    table = tf.io.decode_raw(found[TABLE], tf.float16)
    kinds = tf.io.decode_raw(found[KINDS], tf.int16)
    return {
        TABLE: tf.cast(tf.reshape(table, (-1, num_columns)), tf.float32),
        KINDS: tf.cast(kinds, tf.int32),
        SELECTED: tf.io.decode_raw(found[SELECTED], tf.uint8) > 0,
        FRAME: found[FRAME],
    }


def _bytes(values):
    return tf.train.Feature(
        bytes_list=tf.train.BytesList(value=[values.tobytes()])
    )
