"""What a record of a moment holds.

| feature | what |
| --- | --- |
| `table` | float16, little endian, `(n, len(schema.COLUMNS))` |
| `types` | int16, little endian, `(n,)`: places in `codes` |
| `codes` | bytes, `(t, schema.CODE_BITS / 8)`: a code for each type |
| `selected` | bytes of 0 and 1, `(n,)` |
| `frame` | when it was |
"""

import numpy as np
import tensorflow as tf

from keras_perceiver.data.replays import schema

TABLE = "table"
TYPES = "types"
CODES = "codes"
SELECTED = "selected"
FRAME = "frame"
_CODE_BYTES = schema.CODE_BITS // 8


def example(moment):
    """Returns the record of a `Moment`."""
    kinds, places = np.unique(moment.kinds, return_inverse=True)
    codes = np.array([schema.type_code(str(kind)) for kind in kinds])
    feature = {
        TABLE: _bytes(moment.table.astype("<f2")),
        TYPES: _bytes(places.astype("<i2")),
        CODES: _bytes(codes),
        SELECTED: _bytes(moment.selected.astype("u1")),
        FRAME: tf.train.Feature(
            int64_list=tf.train.Int64List(value=[moment.frame])
        ),
    }
    return tf.train.Example(
        features=tf.train.Features(feature=feature)
    ).SerializeToString(deterministic=True)


def parse(record, width):
    """Returns a moment's entities and which were selected, inside a graph.

    Args:
        record: a string.
        width: how many signs of the types' codes.

    Returns:
        float32 `(n, len(schema.COLUMNS) + width)`, and bool `(n,)`.
    """
    text = tf.io.FixedLenFeature([], tf.string)
    found = tf.io.parse_single_example(
        record, dict.fromkeys((TABLE, TYPES, CODES, SELECTED), text)
    )
    table = tf.io.decode_raw(found[TABLE], tf.float16)
    table = tf.reshape(tf.cast(table, tf.float32), (-1, len(schema.COLUMNS)))
    codes = tf.io.decode_raw(found[CODES], tf.uint8)
    codes = tf.reshape(tf.cast(codes, tf.int32), (-1, _CODE_BYTES, 1))
    bits = tf.bitwise.right_shift(codes, np.arange(7, -1, -1)) & 1
    signs = 2 * tf.reshape(bits, (-1, schema.CODE_BITS))[:, :width] - 1
    types = tf.cast(tf.io.decode_raw(found[TYPES], tf.int16), tf.int32)
    code = tf.gather(tf.cast(signs, tf.float32), types)
    selected = tf.io.decode_raw(found[SELECTED], tf.uint8) > 0
    return tf.concat([table, code], axis=1), selected


def _bytes(values):
    return tf.train.Feature(
        bytes_list=tf.train.BytesList(value=[values.tobytes()])
    )
