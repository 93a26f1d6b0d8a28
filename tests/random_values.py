"""Values of weights and inputs under test: random, by path, or none."""

import contextlib

import keras
import numpy as np
from keras import ops


def random_array(*shape, seed=0):
    """Standard normal float32 values, the same for the same arguments."""
    rng = np.random.default_rng([seed, *shape])
    return rng.normal(size=shape).astype("float32")


def named_weights(layer):
    """The layer's weights by their paths within it."""
    return {
        weight.path.removeprefix(f"{layer.name}/"): weight
        for weight in layer.weights
        if not weight.path.endswith("seed_generator_state")
    }


def weight_values(layer, dtype="float64"):
    return {
        path: ops.convert_to_numpy(weight).astype(dtype)
        for path, weight in named_weights(layer).items()
    }


def randomize(layer):
    """Gives every weight a value at which each of them matters.

    At a layer's own start biases are zero and norms do nothing, so that
    leaving one out would go unnoticed.
    """
    rng = np.random.default_rng(1)
    for path, weight in named_weights(layer).items():
        values = rng.normal(size=tuple(weight.shape))
        fan_in = np.prod(weight.shape[:-1])
        values = values * (0.2 if values.ndim < 2 else fan_in**-0.5)
        # Scales and variances are near one, and variances above zero.
        weight.assign(values + path.endswith(("gamma", "variance")))


@contextlib.contextmanager
def without_values():
    """Layers and models made in here have weights with shapes alone."""
    with keras.StatelessScope(initialize_variables=False):
        yield
    # Or the end of the next scope would give them values after all.
    keras.utils.clear_session(free_memory=False)
