"""Pairs of frames a second of one core, as optical flow's training takes them.

Seconds of processor time in a process that may use one core alone, so that
what else runs on the machine counts little.
"""

import functools
import sys

from benchmarks import one_core
from benchmarks import one_gpu
from keras_perceiver.cost import cost
from recipes.optical_flow import RECIPE
from recipes.settings import resolved


def main():
    """Prints rates, and what whole runs take of cores and of a GPU."""
    one_core.run(__name__)
    for name in ("base", "paper"):
        training = RECIPE.configuration(name).training
        pairs = training.steps * training.batch_size
        hours = pairs / one_gpu.examples_per_second(_flops(name)) / 3600
        print(f"{name}: {pairs:,} pairs, {hours:,.1f} hours; {one_gpu.ASSUMED}")


def _flops(name):
    """Of one pair, forward."""
    model = RECIPE.configuration(name).model
    return cost(model.preset, **model.overrides).flops


def _work(core):
    one_core.stay_on(core)
    for name in ("tiny", "base"):
        configuration = RECIPE.configuration(name)
        data = RECIPE.open_data(configuration)
        height, width, _ = resolved(configuration.model)["image_shape"]
        # Behind the first phase, with all augmentation.
        curriculum = configuration.curriculum
        step = curriculum.first_steps + curriculum.augmentation_steps
        first = step * configuration.training.batch_size
        examples = iter(data.training_dataset(first).unbatch())
        rate = one_core.rate(functools.partial(next, examples), 1)
        print(f"{name}: {height} x {width}, {rate:,.1f} pairs/s of one core")


if __name__ == "__main__":
    _work(sys.argv[1])
