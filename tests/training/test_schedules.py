import keras
import numpy as np
import pytest

from keras_perceiver.training.schedules import WarmupFlatCosine
from keras_perceiver.training.schedules import tenfold_drops


def reference(peak, steps, warmup_steps, flat_steps):
    """The rate at every step and three beyond, in float64."""
    step = np.arange(steps + 3)
    first = warmup_steps + flat_steps
    share = np.clip(step - first, 0, steps - first) / (steps - first)
    cosine = 0.5 * (1 + np.cos(np.pi * share))
    line = step / max(warmup_steps, 1)
    return peak * np.where(step < warmup_steps, line, cosine)


@pytest.mark.parametrize(
    ("peak", "steps", "warmup_steps", "flat_steps"),
    [
        (1.25e-3, 50, 10, 0),
        (5e-3, 7, 6, 0),
        (2.0, 20, 1, 3),
        (0.1, 13, 0, 12),
        (0.1, 1, 0, 0),
    ],
)
def test_every_step_is_that_of_the_formula(
    peak, steps, warmup_steps, flat_steps
):
    schedule = WarmupFlatCosine(
        peak, steps=steps, warmup_steps=warmup_steps, flat_steps=flat_steps
    )
    rates = [float(schedule(step)) for step in range(steps + 3)]
    expected = reference(peak, steps, warmup_steps, flat_steps)
    np.testing.assert_allclose(rates, expected, atol=2e-6 * peak)


def test_the_published_text_run_peaks_after_1000_steps_and_ends_at_0():
    schedule = WarmupFlatCosine(1.25e-3, steps=500_000, warmup_steps=1_000)
    rates = [float(schedule(step)) for step in (0, 500, 1_000, 250_500)]
    np.testing.assert_allclose(rates, [0, 6.25e-4, 1.25e-3, 6.25e-4], atol=1e-9)
    assert float(schedule(500_000)) == pytest.approx(0, abs=1e-9)


def test_the_published_image_run_is_flat_for_its_first_half():
    schedule = WarmupFlatCosine(2e-3, steps=137_625, flat_steps=68_812)
    rates = [float(schedule(step)) for step in (0, 68_812, 103_219, 137_625)]
    np.testing.assert_allclose(rates, [2e-3, 2e-3, 1e-3, 0], atol=1e-7)


def test_a_schedule_survives_its_record():
    schedule = WarmupFlatCosine(0.1, steps=9, warmup_steps=2, flat_steps=3)
    record = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(record)
    assert again.get_config() == schedule.get_config()
    assert float(again(7)) == float(schedule(7))


@pytest.mark.parametrize("warmup_steps", [-1, 10, 11])
def test_warmup_must_end_before_training(warmup_steps):
    with pytest.raises(
        ValueError, match=r"Received: warmup_steps=-?\d+, flat_steps=0"
    ):
        WarmupFlatCosine(1e-3, steps=10, warmup_steps=warmup_steps)


def test_a_flat_stretch_must_leave_steps():
    with pytest.raises(ValueError, match=r"--optimizer\.flat-steps"):
        WarmupFlatCosine(1e-3, steps=10, warmup_steps=4, flat_steps=6)


def test_the_original_rate_drops_behind_84_102_and_114_epochs():
    schedule = tenfold_drops(4e-3, [84, 102, 114])
    epochs = (0, 84, 85, 102, 103, 114, 115, 120)
    rates = [float(schedule(epoch)) for epoch in epochs]
    expected = [4e-3, 4e-3, 4e-4, 4e-4, 4e-5, 4e-5, 4e-6, 4e-6]
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


@pytest.mark.parametrize("drop_steps", [[], [3, 2], [2, 2]])
def test_drops_must_rise(drop_steps):
    with pytest.raises(ValueError, match=r"--optimizer\.drop-steps"):
        tenfold_drops(1.0, drop_steps)
