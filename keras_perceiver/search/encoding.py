"""Points and spaces as KerasTuner has them."""

import keras_tuner

from keras_perceiver.search import space as spaces

# KerasTuner's choices are numbers; this one stands for None.
NOT_SET = 0


def hyperparameters(space):
    """Returns a space as KerasTuner has it."""
    found = keras_tuner.HyperParameters()
    for name, values in space.items():
        if isinstance(values, spaces.Between):
            found.Float(name, values.low, values.high, sampling="log")
        else:
            numbers = [encoded({name: value})[name] for value in values]
            ordered = all(isinstance(one, (int, float)) for one in numbers)
            found.Choice(name, numbers, ordered=ordered)
    return found


def encoded(point):
    """A point as KerasTuner's values."""
    return {
        name: NOT_SET if value is None else value
        for name, value in point.items()
    }


def decoded(values, space):
    """KerasTuner's values as a point: its own entries are left out."""
    return {
        name: None
        if values[name] == NOT_SET and None in _listed(space[name])
        else values[name]
        for name in space
    }


def _listed(values):
    return () if isinstance(values, spaces.Between) else values
