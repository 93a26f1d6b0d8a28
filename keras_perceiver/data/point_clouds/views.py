"""What a model sees of a cloud (Perceiver, section 4.3)."""

import tensorflow as tf


def to_unit_cube(points):
    """Centres clouds on their mean, and scales them to reach 1 or -1.

    Args:
        points: float `(..., M, d)`.
    """
    points -= tf.reduce_mean(points, axis=-2, keepdims=True)
    reach = tf.reduce_max(tf.abs(points), axis=(-2, -1), keepdims=True)
    return tf.math.divide_no_nan(points, reach)


def evenly(points, count):
    """Takes evenly many points away, or takes some again.

    Args:
        points: `(..., n, d)`, at least one.
        count: how many are wanted.

    Returns:
        `(..., count, d)`, in the order of `points`.
    """
    places = tf.range(count, dtype=tf.int64)
    places *= tf.cast(tf.shape(points)[-2], tf.int64)
    return tf.gather(points, places // count, axis=-2)


def evaluation_view(points, count):
    """A cloud as evaluation looks at it.

    Args:
        points: float32 `(n, 3)`, in random order.
        count: M, of the model.
    """
    return to_unit_cube(evenly(points, count))


def training_view(points, count, seed, scale_jitter):
    """A cloud as training looks at it once.

    Other points of it each time, if it has more than the model takes; each
    point is moved away from the middle or towards it, by a factor of its own.
    Then the cloud is brought into the unit cube anew.

    Args:
        points: float32 `(n, 3)`.
        count: M, of the model.
        seed: integers `(2,)` that decide all that is drawn.
        scale_jitter: how far from 1 a point's factor is at most.
    """
    seeds = tf.random.experimental.stateless_split(seed, 2)
    order = tf.random.experimental.stateless_shuffle(
        tf.range(tf.shape(points)[0]), seeds[0]
    )
    points = evenly(tf.gather(points, order), count)
    # Around 0, as the scaling is; of a drawn part the mean is another.
    points = to_unit_cube(points)
    factors = tf.random.stateless_uniform(
        (count, 1), seeds[1], 1 - scale_jitter, 1 + scale_jitter
    )
    return to_unit_cube(points * factors)
