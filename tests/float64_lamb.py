"""LAMB once more: numpy, float64."""

import numpy as np


def lamb(
    values,
    gradients,
    learning_rates,
    weight_decay,
    beta_1=0.9,
    beta_2=0.999,
    epsilon=1e-6,
):
    """LAMB, arXiv 1904.00962, algorithm 2, for one array.

    Args:
        values: the array at first.
        gradients: its gradient at each step.
        learning_rates: the rate at each step.
        weight_decay: 0 where the array is excluded.
    """
    values = np.asarray(values, "float64")
    first, second = np.zeros_like(values), np.zeros_like(values)
    steps = zip(gradients, learning_rates, strict=True)
    for step, (gradient, rate) in enumerate(steps, start=1):
        first = beta_1 * first + (1 - beta_1) * gradient
        second = beta_2 * second + (1 - beta_2) * gradient**2
        mean = first / (1 - beta_1**step)
        root = np.sqrt(second / (1 - beta_2**step))
        update = mean / (root + epsilon) + weight_decay * values
        norms = np.linalg.norm(values), np.linalg.norm(update)
        ratio = norms[0] / norms[1] if all(norms) else 1.0
        values = values - rate * ratio * update
    return values
