import numpy as np
import pytest

from keras_perceiver.training.schedules import warmup_cosine


def reference(peak, steps, warmup_steps):
    """The rate at every step and three beyond, in float64."""
    step = np.arange(steps + 3)
    share = np.minimum(step - warmup_steps, steps - warmup_steps)
    cosine = 0.5 * (1 + np.cos(np.pi * share / (steps - warmup_steps)))
    line = step / max(warmup_steps, 1)
    return peak * np.where(step < warmup_steps, line, cosine)


@pytest.mark.parametrize(
    ("peak", "steps", "warmup_steps"),
    [(1.25e-3, 50, 10), (5e-3, 7, 6), (2.0, 20, 1), (0.1, 13, 0), (0.1, 1, 0)],
)
def test_every_step_is_that_of_the_formula(peak, steps, warmup_steps):
    schedule = warmup_cosine(peak, steps=steps, warmup_steps=warmup_steps)
    rates = [float(schedule(step)) for step in range(steps + 3)]
    expected = reference(peak, steps, warmup_steps)
    np.testing.assert_allclose(rates, expected, atol=2e-6 * peak)


def test_the_published_run_peaks_after_1000_steps_and_ends_at_0():
    schedule = warmup_cosine(1.25e-3, steps=500_000, warmup_steps=1_000)
    rates = [float(schedule(step)) for step in (0, 500, 1_000, 250_500)]
    np.testing.assert_allclose(rates, [0, 6.25e-4, 1.25e-3, 6.25e-4], atol=1e-9)
    assert float(schedule(500_000)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("warmup_steps", [-1, 10, 11])
def test_warmup_must_end_before_training(warmup_steps):
    with pytest.raises(
        ValueError, match=r"Received: warmup_steps=-?\d+, steps=10"
    ) as error:
        warmup_cosine(1e-3, steps=10, warmup_steps=warmup_steps)
    assert "--optimizer.warmup-steps" in str(error.value)
