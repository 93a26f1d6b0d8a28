"""What workers on several machines must know of each other.

Every function here is an exchange: all workers call it at the same point, or
the first waits for the others. With one worker, nothing is exchanged.
"""

import json

import keras
import numpy as np
import safetensors.numpy
import tensorflow as tf

from keras_perceiver.training.strategies import is_chief
from keras_perceiver.training.strategies import number_of_workers


class AgreedStop:
    """A `StopRequest` to one worker, which all obey at the same step.

    Args:
        stop: this worker's `StopRequest`.
        strategy: the strategy of all.
    """

    def __init__(self, stop, strategy):
        self.stop = stop
        self.strategy = strategy

    def is_asked(self):
        """Whether any worker was asked to stop; an exchange."""
        if number_of_workers(self.strategy) == 1:
            return self.stop.is_asked()
        asked = tf.constant(float(self.stop.is_asked()))
        return bool(self.strategy.reduce("SUM", asked, axis=None) > 0)

    def raise_again(self):
        """As `StopRequest.raise_again`."""
        self.stop.raise_again()


def take_from_chief(strategy, variables, begin):
    """Gives every worker the chief's state.

    So only the chief reads checkpoints, and workers need no folder that all
    of them see.

    Args:
        strategy: the strategy of all.
        variables: the variables of the state, in the same order everywhere.
        begin: on the chief, where the run begins: a dictionary, ready for
            JSON but for `metrics`, a list of arrays or None. Elsewhere it is
            not read.

    Returns:
        The chief's `begin`.
    """
    if number_of_workers(strategy) == 1:
        return begin
    for variable in variables:
        value = keras.ops.convert_to_numpy(variable.value)
        variable.assign(_sent(strategy, value))
    arrays = {}
    if is_chief(strategy):
        begin = dict(begin)
        metrics = begin.pop("metrics", None)
        arrays["begin"] = _bytes(json.dumps([begin, metrics is None]).encode())
        for index, array in enumerate(metrics or []):
            arrays[f"metric_{index:05d}"] = np.asarray(array, order="C")
    arrays = safetensors.numpy.load(
        _sent_bytes(strategy, safetensors.numpy.save(arrays))
    )
    begin, has_no_metrics = json.loads(arrays.pop("begin").tobytes())
    metrics = [arrays[name] for name in sorted(arrays)]
    return {**begin, "metrics": None if has_no_metrics else metrics}


def _sent(strategy, value):
    """The chief's array, of the same shape everywhere."""
    if not is_chief(strategy):
        value = np.zeros_like(value)
    # The exchange knows few types; a sum with zeros keeps every value.
    wide = np.float64 if value.dtype.kind not in "biu" else np.int64
    summed = strategy.reduce("SUM", tf.constant(value.astype(wide)), axis=None)
    return summed.numpy().astype(value.dtype)


def _sent_bytes(strategy, content):
    size = _sent(strategy, np.array(len(content)))
    mine = _bytes(content) if is_chief(strategy) else np.zeros(size, "uint8")
    return _sent(strategy, mine).tobytes()


def _bytes(content):
    return np.frombuffer(content, "uint8")
