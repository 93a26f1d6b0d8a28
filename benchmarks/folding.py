"""Forward passes of published models, plain and folded for inference.

Random weights and inputs, one example; of clips 512 pixels and patches are
asked for. Times are processor seconds of all threads, since the clock tells of
other programs too; the two take turns.
"""

import argparse
import statistics
import time

import keras
import numpy as np
import tensorflow as tf

from benchmarks import bfloat16
from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver.cost import cost
from keras_perceiver.models import fold_for_inference
from keras_perceiver.quiet import find_devices

PRESETS = (
    "kinetics_autoencoder",
    "optical_flow",
    "imagenet_fourier",
    "language_bytes",
)
ROUNDS = 5


def main(arguments=()):
    """Prints a row of a table for each preset."""
    options = _options(arguments)
    find_devices()
    print("| preset | operations | plain over folded | largest difference |")
    print("| --- | ---: | ---: | ---: |", flush=True)
    for name in options.presets:
        model = from_preset(name, dtype=options.dtype)
        inputs = bfloat16.drawn(model, presets()[name].arguments, 1)
        told = cost(name, **_lengths(inputs))
        saved = 1 - told.folded_flops / told.flops
        ratio, difference = compare(model, inputs, options.passes)
        print(
            f"| `{name}` | -{saved:.1%} | {ratio:.2f} | {difference:.1e} |",
            flush=True,
        )


def compare(model, inputs, rounds):
    """Times a model beside the same one folded.

    Args:
        model: what is zero in it gets other values.
        inputs: arrays by name.
        rounds: how often each is asked.

    Returns:
        The median of processor seconds over that of the folded model's, and
        the largest difference over the largest output.
    """
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if not np.any(weight):
            weight.assign(0.02 * rng.normal(size=weight.shape))
    inputs = keras.tree.map_structure(tf.constant, inputs)
    if not isinstance(model.input, dict):
        (inputs,) = inputs.values()
    asked = [_asked(model), _asked(fold_for_inference(model))]
    answers = [ask(inputs) for ask in asked]
    times = [[], []]
    for _ in range(rounds):
        for ask, taken in zip(asked, times, strict=True):
            began = time.process_time()
            ask(inputs)
            taken.append(time.process_time() - began)
    plain, folded = map(statistics.median, times)
    return plain / folded, max(
        np.abs(actual - expected).max() / np.abs(expected).max()
        for expected, actual in zip(*answers, strict=True)
    )


def _lengths(inputs):
    """How many outputs are asked for, as `cost` takes it."""
    return {
        f"num_{kind}_outputs": inputs[f"{kind}_indices"].shape[1]
        for kind in ("video", "audio")
        if f"{kind}_indices" in inputs
    }


def _asked(model):
    """A function from inputs to all outputs, as a list of arrays."""
    call = tf.function(lambda inputs: model(inputs), autograph=False)
    return lambda inputs: [
        tensor.numpy().astype("float32")
        for tensor in keras.tree.flatten(call(inputs))
    ]


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks folding",
        description=__doc__.splitlines()[0],
    )
    parser.add_argument(
        "--presets",
        nargs="+",
        choices=tuple(presets()),
        default=list(PRESETS),
        metavar="PRESET",
        help=f"published models; default: {', '.join(PRESETS)}",
    )
    parser.add_argument(
        "--passes",
        type=int,
        default=ROUNDS,
        help="forward passes of each; default: %(default)s",
    )
    parser.add_argument(
        "--dtype",
        choices=("float32", "bfloat16"),
        default="float32",
        help="of weights and arithmetic; default: %(default)s",
    )
    return parser.parse_args(list(arguments))
