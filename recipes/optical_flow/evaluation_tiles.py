"""Frames of any size in tiles of the model's, each pixel counted once.

The task cuts frames into the same tiles and averages where they overlap, by
the distance to a tile's edge. Here a pixel counts in the tile alone whose
middle is nearest, so that tiles can be evaluated in batches, one by one.
"""

import math

import tensorflow as tf

from keras_perceiver.tasks.tiles import tile_starts


def num_tiles(frame_size, size):
    """Returns how many tiles `tiles_of` cuts frames of a size into."""
    counts = (
        int(tf.size(tile_starts(tf.constant(side), tile)))
        for side, tile in zip(frame_size, size, strict=True)
    )
    return math.prod(counts)


def tiles_of(pair, size):
    """Cuts a pair into tiles, inside a graph.

    Args:
        pair: as `FlowPairs` has them, at least of that size.
        size: height and width of a tile.

    Returns:
        The pair's entries, `(n, ...)`, and beside them `counts`, bool
        `(n, height, width)`: whether a pixel counts in this tile.
    """
    sides = tf.shape(pair["flow"])[:2]
    rows, columns = (_places(sides[axis], size[axis]) for axis in range(2))
    (rows, row_counts), (columns, column_counts) = rows, columns
    num_rows, num_columns = tf.shape(rows)[0], tf.shape(columns)[0]

    def part(values, axis):
        # (..., n, height, m, width, ...)
        values = tf.gather(values, rows, axis=axis)
        return tf.gather(values, columns, axis=axis + 2)

    tiles = {}
    for name, values in pair.items():
        if name == "frames":
            cut = tf.transpose(part(values, 1), (1, 3, 0, 2, 4, 5))
        else:
            cut = part(values, 0)
            behind = tf.range(4, tf.rank(cut))
            cut = tf.transpose(cut, tf.concat([[0, 2, 1, 3], behind], axis=0))
        shape = tf.concat([[num_rows * num_columns], tf.shape(cut)[2:]], 0)
        tiles[name] = tf.reshape(cut, shape)
    counts = row_counts[:, None, :, None] & column_counts[None, :, None]
    tiles["counts"] = tf.reshape(counts, (-1, *size))
    return tiles


def _places(side, tile):
    """Rows of each tile `(n, tile)`, and whether they count in it."""
    starts = tile_starts(side, tile)
    rows = starts[:, None] + tf.range(tile)
    # From the middle of each tile to each row of the frame.
    distances = tf.abs(2 * tf.range(side) - (2 * starts + tile - 1)[:, None])
    owner = tf.argmin(distances, axis=0, output_type=tf.int32)
    return rows, tf.equal(
        tf.gather(owner, rows), tf.range(tf.size(starts))[:, None]
    )
