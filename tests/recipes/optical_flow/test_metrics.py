"""Loss and metrics, against float64 numpy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from recipes.optical_flow import metrics


@pytest.fixture(scope="module")
def fields():
    """Targets, flow and weights `(2, 6, 7)`, of all speeds."""
    rng = np.random.default_rng(0)
    scale = rng.choice([1, 15, 60], (2, 6, 7, 1))
    true = rng.normal(0, 1, (2, 6, 7, 2)) * scale
    flow = true + rng.normal(0, 1, true.shape) * rng.choice(
        [0.5, 5], scale.shape
    )
    visible = rng.random((2, 6, 7, 1)) < 0.8
    targets = np.concatenate([true, visible], axis=-1).astype("float32")
    weights = (rng.random((2, 6, 7)) < 0.7).astype("float32")
    return targets, flow.astype("float32"), weights


def by_hand(targets, flow, weights):
    true = targets[..., :2].astype("float64")
    error = np.hypot(*np.moveaxis(true - flow, -1, 0))
    speed = np.hypot(*np.moveaxis(true, -1, 0))

    def mean(values, where=None):
        counted = weights if where is None else weights * where
        return (values * counted).sum() / counted.sum()

    slow, fast = speed < 10, speed >= 40
    return {
        "epe": mean(error),
        "outliers": mean((error > 3) & (error > 0.05 * speed)),
        "s0_10": mean(error, slow),
        "s10_40": mean(error, ~slow & ~fast),
        "s40": mean(error, fast),
        "covered": mean(error, targets[..., 2] == 0),
    }


def test_metrics_are_those_of_the_field(fields):
    targets, flow, weights = fields
    found = {}
    for metric in metrics.weighted_metrics():
        for part in range(2):
            row = slice(part, part + 1)
            metric.update_state(targets[row], flow[row], weights[row])
        found[metric.name] = float(metric.result())
    expected = by_hand(*fields)
    for name in ("epe", "outliers"):
        assert found[name] == pytest.approx(expected[name], rel=1e-5)
    for name in ("s0_10", "s10_40", "s40", "covered"):
        error = found[f"{name}_part"] / found[f"{name}_share"]
        assert error == pytest.approx(expected[name], rel=1e-5), name
    shares = [found[f"{name}_share"] for name in metrics.SPEEDS]
    assert sum(shares) == pytest.approx(1)
    assert min(shares) > 0


def test_the_loss_is_the_error_over_twenty(fields):
    targets, flow, weights = fields
    loss = metrics.EndPointLoss(reduction="mean_with_sample_weight")
    expected = by_hand(*fields)["epe"] / 20
    assert float(loss(targets, flow, weights)) == pytest.approx(
        expected, rel=1e-3
    )


def test_the_gradient_is_finite_where_nothing_is_wrong():
    loss = metrics.EndPointLoss()
    targets = keras.ops.ones((1, 2, 2, 3))
    flow = keras.Variable(np.ones((1, 2, 2, 2)))
    with tf.GradientTape() as tape:
        value = loss(targets, flow.value)
    assert np.isfinite(tape.gradient(value, flow.value)).all()
