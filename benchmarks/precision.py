"""`language_bytes` in bfloat16 and int8: bytes, change of logits, time.

Random weights and tokens, so that the change says what rounding does and not
what it costs a trained model. Times are ratios to float32 in the same run.
"""

import statistics
import time

import numpy as np
import tensorflow as tf

from keras_perceiver import from_preset
from keras_perceiver.quiet import quiet_start
from keras_perceiver.serving import precision
from keras_perceiver.tasks import FillMask

ROWS = 2
ROUNDS = 5


def main():
    """Prints a row of a table for each precision."""
    with quiet_start():
        tf.config.list_logical_devices()
    task = FillMask(from_preset("language_bytes"))
    asked = {"float32": _asked(task.model)}
    for name in ("bfloat16", "int8"):
        variant = precision.in_precision(task, name)
        asked[name] = _asked(variant.model)
    times = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, (_, ask) in asked.items():
            began = time.perf_counter()
            ask()
            times[name].append(time.perf_counter() - began)
    print("| precision | bytes of weights | change | same token | time |")
    print("| --- | ---: | ---: | ---: | ---: |")
    wanted = asked["float32"][1]()
    for name, (num_bytes, ask) in asked.items():
        ratios = np.divide(times[name], times["float32"])
        print(_row(name, num_bytes, ask(), wanted, statistics.median(ratios)))


def _asked(model):
    tokens = np.random.default_rng(0).integers(6, 262, (ROWS, 2048))
    inputs = {
        "token_ids": tf.constant(tokens, tf.int32),
        "padding_mask": tf.ones(tokens.shape, tf.bool),
    }
    function = tf.function(lambda: tf.cast(model(inputs), tf.float32))
    function()  # Traces it.
    return precision.weight_bytes(model), lambda: function().numpy()


def _row(name, num_bytes, logits, wanted, ratio):
    change = np.abs(logits - wanted).max() / np.abs(wanted).max()
    same = np.mean(logits.argmax(-1) == wanted.argmax(-1))
    return (
        f"| {name} | {num_bytes:,} | {change:.2%} | {same:.1%} | {ratio:.2f} |"
    )
