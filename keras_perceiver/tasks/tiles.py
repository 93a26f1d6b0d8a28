"""Large images in tiles of the one size that a model takes."""

import numpy as np
import tensorflow as tf

LARGEST_OVERLAP = 20


def tile_starts(size, tile):
    """Where tiles begin along one side.

    Neighbours share at least 20 pixels, or a quarter of a small tile. The
    last tile ends where the image does, and no tile comes twice. An image
    smaller than a tile has one, which reaches beyond it.

    Args:
        size: of the image, an int32 tensor `()`.
        tile: of a tile, a whole number.

    Returns:
        int32 `(n,)`.
    """
    step = tile - min(LARGEST_OVERLAP, tile // 4)
    last = tf.maximum(size - tile, 0)
    count = (last + step - 1) // step + 1
    return tf.minimum(tf.range(count) * step, last)


def edge_distances(height, width):
    """A weight for each pixel of a tile: how far the nearest edge is, from 1.

    Returns:
        float32 `(height, width)`.
    """
    rows, columns = (
        np.minimum(np.arange(size) + 1, size - np.arange(size))
        for size in (height, width)
    )
    return np.minimum(rows[:, None], columns).astype(np.float32)


def map_tiles(function, images, height, width, num_outputs):
    """Puts what a function says of tiles together (appendix H).

    The tiles go through one after another, so that memory does not grow with
    their number. Where they overlap, their answers are averaged by the
    distance to the nearest edge of the tile. Beyond the edge of an image
    smaller than a tile stands its last row and column again.

    Args:
        function: from images `(n, height, width, channels)` to float32
            `(height, width, num_outputs)`.
        images: `(n, H, W, channels)`.
        height: of a tile.
        width: of a tile.
        num_outputs: channels of the answers.

    Returns:
        float32 `(H, W, num_outputs)`.
    """
    size = tf.shape(images)[1:3]
    canvas = tf.maximum(size, (height, width))
    rows = tile_starts(size[0], height)
    columns = tile_starts(size[1], width)
    weights = tf.constant(edge_distances(height, width))[..., None]

    def add_tile(number, total):
        row = rows[number // tf.size(columns)]
        column = columns[number % tf.size(columns)]
        inside = tf.minimum(row + tf.range(height), size[0] - 1)
        tile = tf.gather(images, inside, axis=1)
        inside = tf.minimum(column + tf.range(width), size[1] - 1)
        tile = tf.gather(tile, inside, axis=2)
        weighted = tf.concat([weights * function(tile), weights], axis=-1)
        behind = canvas - (row, column) - (height, width)
        padding = [[row, behind[0]], [column, behind[1]], [0, 0]]
        return number + 1, total + tf.pad(weighted, padding)

    # The sum of weighted answers, and behind them that of the weights.
    channels = num_outputs + 1
    _, total = tf.while_loop(
        lambda number, _: number < tf.size(rows) * tf.size(columns),
        add_tile,
        (0, tf.zeros(tf.concat([canvas, [channels]], axis=0))),
        shape_invariants=(
            tf.TensorShape(()),
            tf.TensorShape((None, None, channels)),
        ),
        parallel_iterations=1,
    )
    total = total[: size[0], : size[1]]
    return total[..., :-1] / total[..., -1:]
