import numpy as np
import pytest

from recipes import class_baselines


def test_the_majority_by_hand():
    counts = np.array([1, 6, 2, 0, 0, 1, 0])
    labels = np.array([1, 1, 2, 6])
    measure = class_baselines.majority(counts, labels, "ten images")
    assert measure.top_1_error == 0.5
    # The five most frequent: 1, 2, 0, 5 and, of those never seen, 3.
    assert measure.top_5_error == 0.25
    shares = (counts + 0.5) / 13.5
    expected = -np.log(shares[labels]).mean()
    assert measure.nats == pytest.approx(expected)
    assert measure.kind == "baseline"
    assert "ten images" in measure.description


def test_references_learn_what_is_easy():
    rng = np.random.default_rng(0)
    centres = 4 * rng.normal(size=(3, 5))
    labels, heldout = rng.integers(0, 3, 60), rng.integers(0, 3, 40)
    measures = class_baselines.references(
        centres[labels] + rng.normal(size=(60, 5)),
        labels,
        centres[heldout] + rng.normal(size=(40, 5)),
        heldout,
        looks="numbers",
        examples="training rows",
    )
    assert list(measures) == ["logistic_regression", "nearest_neighbours"]
    for measure in measures.values():
        assert measure.kind == "reference"
        assert measure.top_1_error <= 0.05
        assert "60 training rows" in measure.description
    assert 0 < measures["logistic_regression"].nats < 0.2
    assert measures["logistic_regression"].top_5_error == 0
    assert measures["nearest_neighbours"].nats is None


def test_references_learn_nothing_from_noise():
    rng = np.random.default_rng(1)
    rows, labels = rng.normal(size=(400, 3)), rng.integers(0, 10, 400)
    measures = class_baselines.references(
        rows[:200],
        labels[:200],
        rows[200:],
        labels[200:],
        looks="numbers",
        examples="training rows",
    )
    for measure in measures.values():
        assert 0.8 < measure.top_1_error < 1
    assert 0.3 < measures["logistic_regression"].top_5_error < 0.7
