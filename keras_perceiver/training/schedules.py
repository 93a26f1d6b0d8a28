"""Learning rates over the course of training."""

import keras


def warmup_cosine(peak, *, steps, warmup_steps):
    """Linear warm-up to `peak`, then a cosine down to 0.

    Perceiver IO, section F.3 (1,000 of 500,000 steps of warm-up).

    Args:
        peak: the highest rate.
        steps: all steps, warm-up included.
        warmup_steps: steps until `peak`.

    Raises:
        ValueError: if the warm-up takes all steps.
    """
    if not 0 <= warmup_steps < steps:
        raise ValueError(
            "Warm-up must end before training does. Received: "
            f"warmup_steps={warmup_steps}, steps={steps}. Set "
            "--optimizer.warmup-steps or --training.steps."
        )
    if warmup_steps == 0:
        return keras.optimizers.schedules.CosineDecay(peak, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0,
        decay_steps=steps - warmup_steps,
        warmup_target=peak,
        warmup_steps=warmup_steps,
    )
