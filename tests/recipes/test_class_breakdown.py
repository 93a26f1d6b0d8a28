import numpy as np
import pytest

from recipes import class_breakdown


def test_classes_by_hand():
    labels = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 2, 2])
    rows = class_breakdown.by_class(labels, predicted, ["a", "b", "c", "d"])
    assert [row["class"] for row in rows] == ["a", "b", "c", "d"]
    assert [row["examples"] for row in rows] == [3, 2, 1, 0]
    accuracies = [row["accuracy"] for row in rows]
    np.testing.assert_allclose(accuracies, [2 / 3, 1 / 2, 1, np.nan])
    precisions = [row["precision"] for row in rows]
    np.testing.assert_allclose(precisions, [1, 1 / 2, 1 / 2, np.nan])


def test_groups_come_with_the_worst_first():
    groups = np.array(["thin", "thick", "thin", "thick"])
    is_right = np.array([True, False, True, True])
    assert class_breakdown.by_group(groups, is_right) == [
        {"group": "thick", "examples": 2, "accuracy": 0.5},
        {"group": "thin", "examples": 2, "accuracy": 1.0},
    ]


def test_a_skew_of_one_is_the_mean_over_classes():
    accuracies = np.array([0.5, 1.0, 0.75])
    assert class_breakdown.skewed_accuracy(
        accuracies, np.array([2, 0, 1]), 1
    ) == pytest.approx(0.75)


def test_shares_fall_geometrically_in_the_order_given():
    accuracies = np.array([0.0, 1.0, 0.0])
    shares = np.array([1, 1 / 10, 1 / 100])
    for place, order in enumerate(([1, 0, 2], [0, 1, 2], [0, 2, 1])):
        found = class_breakdown.skewed_accuracy(
            accuracies, np.array(order), 100
        )
        assert found == pytest.approx(shares[place] / shares.sum())


def test_classes_without_examples_do_not_count():
    accuracies = np.array([0.5, np.nan])
    order = np.array([1, 0])
    assert class_breakdown.skewed_accuracy(accuracies, order) == 0.5
