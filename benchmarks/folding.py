"""Forward passes of published models, plain and folded for inference.

Random weights and inputs, one example. Times are processor seconds of all
threads, since the clock tells of other programs too; the two take turns.
"""

import statistics
import time

import keras
import numpy as np
import tensorflow as tf

from keras_perceiver import from_preset
from keras_perceiver.cost import cost
from keras_perceiver.models import fold_for_inference
from keras_perceiver.quiet import quiet_start

PRESETS = ("optical_flow", "imagenet_fourier", "language_bytes")
ROUNDS = 5


def main():
    """Prints a row of a table for each preset."""
    with quiet_start():
        tf.config.list_logical_devices()
    print("| preset | operations | plain over folded | largest difference |")
    print("| --- | ---: | ---: | ---: |", flush=True)
    for name in PRESETS:
        told = cost(name)
        saved = 1 - told.folded_flops / told.flops
        ratio, difference = compare(from_preset(name), ROUNDS)
        print(
            f"| `{name}` | -{saved:.1%} | {ratio:.2f} | {difference:.1e} |",
            flush=True,
        )


def compare(model, rounds):
    """Times a model beside the same one folded.

    Args:
        model: of one output tensor. What is zero in it gets other values.
        rounds: how often each is asked.

    Returns:
        The median of processor seconds over that of the folded model's, and
        the largest difference over the largest output.
    """
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if not np.any(weight):
            weight.assign(0.02 * rng.normal(size=weight.shape))
    inputs = keras.tree.map_structure(
        lambda tensor: _made_up(tensor, rng), model.input
    )
    asked = [_asked(model), _asked(fold_for_inference(model))]
    answers = [ask(inputs).numpy() for ask in asked]
    times = [[], []]
    for _ in range(rounds):
        for ask, taken in zip(asked, times, strict=True):
            began = time.process_time()
            ask(inputs).numpy()
            taken.append(time.process_time() - began)
    plain, folded = map(statistics.median, times)
    largest = np.abs(answers[0]).max()
    return plain / folded, np.abs(answers[1] - answers[0]).max() / largest


def _made_up(tensor, rng):
    shape = (1, *tensor.shape[1:])
    if tensor.dtype == "bool":
        return tf.ones(shape, tf.bool)
    if tensor.dtype == "int32":
        return tf.constant(rng.integers(6, 200, shape), tf.int32)
    return tf.constant(rng.normal(size=shape), tensor.dtype)


def _asked(model):
    return tf.function(lambda inputs: model(inputs), autograph=False)
