"""Pairs of frames a second of one core, as optical flow's training takes them.

Seconds of processor time in a process that may use one core alone, so that
what else runs on the machine counts little.
"""

import os
import sys
import time

from benchmarks import one_core
from keras_perceiver.cost import cost
from recipes.optical_flow import RECIPE
from recipes.settings import resolved

TIMED_SECONDS = 10


def main():
    """Prints rates, and what whole runs take of cores and of a GPU."""
    one_core.run("benchmarks.flow_pairs")
    for name in ("base", "paper"):
        training = RECIPE.configuration(name).training
        pairs = training.steps * training.batch_size
        flops = one_core.PASSES * pairs * _flops(name)
        hours = flops / (one_core.PEAK_FLOPS * one_core.UTILISATION) / 3600
        print(
            f"{name}: {pairs:,} pairs, {flops:.3g} FLOPs, {hours:,.1f} hours "
            f"of a GPU of {one_core.PEAK_FLOPS / 1e12:.0f} TFLOP/s used to "
            f"{one_core.UTILISATION:.0%}"
        )


def _flops(name):
    """Of one pair, forward."""
    model = RECIPE.configuration(name).model
    return cost(model.preset, **model.overrides).flops


def _work(core):
    # Before TensorFlow starts its threads, which all stay on this core.
    os.sched_setaffinity(0, [core])

    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    for name in ("tiny", "base"):
        configuration = RECIPE.configuration(name)
        data = RECIPE.open_data(configuration)
        height, width, _ = resolved(configuration.model)["image_shape"]
        # Behind the first phase, with all augmentation.
        curriculum = configuration.curriculum
        step = curriculum.first_steps + curriculum.augmentation_steps
        first = step * configuration.training.batch_size
        rate = _rate(data.training_dataset(first).unbatch())
        print(f"{name}: {height} x {width}, {rate:,.1f} pairs/s of one core")


def _rate(examples):
    examples = iter(examples)
    next(examples)
    count, began = 0, time.process_time()
    while time.process_time() - began < TIMED_SECONDS:
        next(examples)
        count += 1
    return count / (time.process_time() - began)


if __name__ == "__main__":
    _work(int(sys.argv[1]))
