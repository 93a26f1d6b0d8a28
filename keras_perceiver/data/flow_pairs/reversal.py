"""Flow from the second frame to the first, out of that the other way."""

import tensorflow as tf


def reverse_flow(flow, valid):
    """Averages all flows that land on a pixel, and turns them round.

    What Perceiver IO feeds reversed pairs with (appendix H): an
    approximation, since covered pixels land too.

    Args:
        flow: float32 `(H, W, 2)`: motion to the right and down, in pixels.
        valid: bool `(H, W)`: where it is known.

    Returns:
        The reversed flow `(H, W, 2)`, zero where it is not known, and bool
        `(H, W)`: where any flow landed.
    """
    height, width = tf.unstack(tf.shape(flow)[:2])
    rows, columns = tf.meshgrid(
        tf.range(height), tf.range(width), indexing="ij"
    )
    moves = tf.cast(tf.round(flow), tf.int32)
    columns, rows = columns + moves[..., 0], rows + moves[..., 1]
    lands = (
        valid
        & (columns >= 0)
        & (columns < width)
        & (rows >= 0)
        & (rows < height)
    )
    places = tf.boolean_mask(rows * width + columns, lands)
    moves = tf.boolean_mask(flow, lands)
    sums = tf.math.unsorted_segment_sum(moves, places, height * width)
    counts = tf.math.unsorted_segment_sum(
        tf.ones_like(moves[:, 0]), places, height * width
    )
    reversed_flow = -tf.math.divide_no_nan(sums, counts[:, None])
    return (
        tf.reshape(reversed_flow, tf.shape(flow)),
        tf.reshape(counts > 0, (height, width)),
    )


def reverse_pair(pair):
    """Returns a pair, as `FlowPairs` has them, with its frames swapped.

    Where no flow landed, the first frame does not show what is there.
    """
    flow, valid = reverse_flow(pair["flow"], pair["valid"])
    return {
        "frames": tf.reverse(pair["frames"], [0]),
        "flow": flow,
        "valid": valid,
        "visible": valid,
    }
