"""Where a model trains, by name."""

import tensorflow as tf

from keras_perceiver import errors

STRATEGIES = ("none", "mirrored")


def get_strategy(name):
    """Returns the `tf.distribute.Strategy` of that name.

    Args:
        name: `none`, one device; `mirrored`, all GPUs of this machine, each
            with its share of every batch.
    """
    if name not in STRATEGIES:
        raise errors.unknown("strategy", name, STRATEGIES)
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()
