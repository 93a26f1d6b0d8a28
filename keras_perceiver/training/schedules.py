"""Learning rates over the course of training."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_perceiver")
class WarmupFlatCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then a flat stretch, then a cosine down to 0.

    Perceiver IO: language models warm up for 1,000 of 500,000 steps and have
    no flat stretch (section F.3); ImageNet models have no warm-up, which
    often prevented training, and are flat for the first half (appendix A.1).

    Args:
        peak: the highest rate.
        steps: all steps.
        warmup_steps: steps until `peak`; 0 begins there.
        flat_steps: steps at `peak`, behind the warm-up.

    Raises:
        ValueError: if no step is left for the cosine.
    """

    def __init__(self, peak, *, steps, warmup_steps=0, flat_steps=0):
        if warmup_steps < 0 or flat_steps < 0:
            raise ValueError(
                "Warm-up and flat stretch take 0 steps or more. Received: "
                f"warmup_steps={warmup_steps}, flat_steps={flat_steps}"
            )
        if warmup_steps + flat_steps >= steps:
            raise ValueError(
                "Warm-up and flat stretch must end before training does. "
                f"Received: warmup_steps={warmup_steps}, "
                f"flat_steps={flat_steps}, steps={steps}. Set "
                "--optimizer.warmup-steps, --optimizer.flat-steps or "
                "--training.steps."
            )
        self.peak = peak
        self.steps = steps
        self.warmup_steps = warmup_steps
        self.flat_steps = flat_steps

    def __call__(self, step):
        step = ops.cast(step, "float32")
        first = self.warmup_steps + self.flat_steps
        share = ops.clip((step - first) / (self.steps - first), 0.0, 1.0)
        rate = 0.5 * self.peak * (1.0 + ops.cos(math.pi * share))
        if self.warmup_steps:
            warmed = self.peak * step / self.warmup_steps
            rate = ops.minimum(rate, warmed)
        return rate

    def get_config(self):
        return {
            "peak": self.peak,
            "steps": self.steps,
            "warmup_steps": self.warmup_steps,
            "flat_steps": self.flat_steps,
        }


def tenfold_drops(peak, drop_steps):
    """A tenth of the rate behind each of some steps.

    The original Perceiver, section 4.1: behind 84, 102 and 114 of 120 epochs.

    Args:
        peak: the rate at first.
        drop_steps: steps behind which it drops, in rising order.

    Raises:
        ValueError: if the steps do not rise.
    """
    drop_steps = list(drop_steps)
    if not drop_steps or sorted(set(drop_steps)) != drop_steps:
        raise ValueError(
            "The rate drops behind steps in rising order. Received: "
            f"drop_steps={drop_steps}. Set --optimizer.drop-steps."
        )
    rates = [peak * 0.1**drops for drops in range(len(drop_steps) + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(drop_steps, rates)
