"""Computing rows of which some may fail, inside a TensorFlow graph."""

import tensorflow as tf


def survivors(dataset, nothing, batch_size=None):
    """Returns the elements of a data set that can be computed.

    TensorFlow has no other operation that outlives a failing one.

    Args:
        dataset: a `tf.data.Dataset`: of one element, or of at most
            `batch_size`.
        nothing: what is returned if all fail.
        batch_size: None to return the element itself, else int64, and a
            batch of those that are left is returned.
    """
    dataset = dataset.ignore_errors()
    if batch_size is not None:
        dataset = dataset.batch(batch_size)
    # Looking for ways to run faster takes longer than running once.
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return dataset.with_options(options).reduce(nothing, _second)


@tf.autograph.experimental.do_not_convert
def _second(_, element):
    return element
