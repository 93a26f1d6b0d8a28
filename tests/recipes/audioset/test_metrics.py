"""Held-out numbers, against their definitions counted by hand."""

import math

import numpy as np
import pytest

from recipes.audioset import metrics

RNG = np.random.default_rng(0)
LABELS = RNG.uniform(size=(40, 6)) < [0.5, 0.2, 0.1, 0.6, 0.0, 1.0]
LABELS[0, 2] = True
# Better than chance, and no two alike.
SCORES = 1 / (1 + np.exp(-(2 * LABELS + RNG.normal(size=(40, 6)))))
KNOWN = [0, 1, 2, 3, 5]


def precision_by_hand(labels, scores):
    """The mean, over those that are true, of the share of true ones above."""
    order = np.argsort(-scores, kind="stable")
    hits = labels[order]
    ranks = np.arange(1, len(hits) + 1)
    return np.mean((np.cumsum(hits) / ranks)[hits])


def area_by_hand(labels, scores):
    """How often a true one lies above a false one; half where they tie."""
    true, false = scores[labels][:, None], scores[~labels][None]
    return np.mean((true > false) + 0.5 * (true == false))


def test_each_class_has_the_precision_of_its_definition():
    found = metrics.average_precisions(LABELS, SCORES)
    assert math.isnan(found[4])
    expected = [precision_by_hand(LABELS[:, n], SCORES[:, n]) for n in KNOWN]
    np.testing.assert_allclose(found[KNOWN], expected)


def test_all_numbers_are_means_over_what_can_be_told():
    found = metrics.measured(LABELS, SCORES)
    precisions = metrics.average_precisions(LABELS, SCORES)[KNOWN]
    assert found["map_error"] == pytest.approx(1 - precisions.mean())
    areas = [area_by_hand(LABELS[:, n], SCORES[:, n]) for n in range(4)]
    assert found["auc"] == pytest.approx(np.mean(areas))
    chances = np.where(LABELS, SCORES, 1 - SCORES)
    assert found["loss"] == pytest.approx(-np.log(chances).mean())
    # Two normal distributions of that distance have that area.
    gap = found["d_prime"] / math.sqrt(2)
    area = 0.5 * (1 + math.erf(gap / math.sqrt(2)))
    assert area == pytest.approx(found["auc"])


def test_what_cannot_be_told_has_no_number():
    found = metrics.measured(np.zeros((3, 2), bool), np.full((3, 2), 0.5))
    assert (found["map_error"], found["auc"], found["d_prime"]) == (None,) * 3
    assert found["loss"] == pytest.approx(math.log(2))
    assert metrics.d_prime(1.0) is None


def test_a_transposed_matrix_is_refused():
    for measure in (
        metrics.average_precisions,
        metrics.areas,
        metrics.measured,
    ):
        with pytest.raises(ValueError, match=r"\(6, 40\), which are transp"):
            measure(LABELS, SCORES.T)
    with pytest.raises(ValueError, match=r"scores \(40, 5\)$"):
        metrics.measured(LABELS, SCORES[:, :5])


def test_answers_are_averaged_by_video_and_never_transposed():
    scores = metrics.ClipScores(6)
    # Videos 0, 1 and 2 with two clips each, some in another batch.
    order = [0, 0, 1, 1, 2, 2]
    for rows in (slice(0, 3), slice(3, 6)):
        scores.add(order[rows], LABELS[order[rows]], SCORES[:6][rows])
    labels, means = scores.table()
    np.testing.assert_array_equal(labels, LABELS[:3])
    np.testing.assert_allclose(means, SCORES[:6].reshape(3, 2, 6).mean(axis=1))
    for wrong in (SCORES[:2].T, SCORES[:3].T):
        with pytest.raises(ValueError, match="which may be transposed"):
            scores.add([0, 1], LABELS[:2], wrong)


def test_the_metric_of_training_is_that_of_scores_in_bins():
    logits = RNG.normal(size=LABELS.shape).astype("float32") * 5 + 3 * LABELS
    logits[0, 0], logits[1, 0] = 99, -99
    weights = np.ones(40)
    weights[7:9] = 0
    metric = metrics.MapError(6)
    for rows in (slice(0, 15), slice(15, 40)):
        metric.update_state(
            LABELS[rows].astype("float32"), logits[rows], weights[rows]
        )
    bins = np.clip(np.floor((logits + 12) / 24 * 1_024), 0, 1_023)
    kept = weights > 0
    expected = metrics.average_precisions(LABELS[kept], bins[kept])[KNOWN]
    assert float(metric.result()) == pytest.approx(
        1 - expected.mean(), rel=1e-5
    )
    exact = metrics.average_precisions(LABELS[kept], logits[kept])[KNOWN]
    assert expected.mean() == pytest.approx(exact.mean(), abs=0.02)
    metric.reset_state()
    assert float(metric.result()) == 1
