"""Dropout that can be repeated."""

import dataclasses

import keras
from keras import ops


@dataclasses.dataclass(frozen=True)
class Dropout:
    """Drops attention weights: the same ones whenever it is asked again.

    The backward pass makes scores anew, and has to drop what was dropped.

    Attributes:
        rate: the share to drop.
        seed: a tensor, as `keras.random.SeedGenerator.next` gives it.
    """

    rate: float
    seed: object

    def __call__(self, weights, chunk=0):
        """Drops from the weights of the chunk of queries of that number."""
        step = ops.stack([ops.zeros_like(chunk), chunk])
        seed = _GivenSeed(self.seed + ops.cast(step, self.seed.dtype))
        return keras.random.dropout(weights, self.rate, seed=seed)


def draw_dropout(layer, training):
    """What a `keras.layers.Dropout` would drop now, or None for nothing."""
    if not training or not layer.rate:
        return None
    return Dropout(layer.rate, layer.seed_generator.next())


class _GivenSeed(keras.random.SeedGenerator):
    """A seed that is a tensor already, where Keras wants a generator."""

    def __init__(self, seed):
        self._seed = seed

    def next(self, ordered=True):
        return self._seed
