"""Held-out accuracy by class, by group, and where labels are skewed.

One number over all examples hides who pays for the mistakes. A model that was
trained on skewed labels is right on what it saw most, which shows as soon as
the labels that it meets are skewed the other way.
"""

import re

import numpy as np

from keras_perceiver import errors
from keras_perceiver import files

# How many times as frequent the first class is as the last.
SKEW = 100
_LISTED = 20


def break_down(folder, model, data, by=None):
    """Writes and describes the accuracy of parts of the held-out examples.

    Args:
        folder: the `RunFolder`; `classes.csv` goes there, and `groups_BY.csv`.
        model: from inputs to logits.
        data: a recipe's data whose batches are of inputs, one-hot targets and
            weights of 0 and 1, with `class_names`, `heldout_columns()` and
            `training_counts()`.
        by: a column of the data, or None.

    Returns:
        Lines for people.

    Raises:
        ValueError: if the data have no such column.
    """
    columns = data.heldout_columns()
    if by is not None and by not in columns:
        raise errors.unknown("column", by, columns)
    labels, predicted, is_fine = predictions(model, data)
    path = folder.path / "classes.csv"
    classes = by_class(labels[is_fine], predicted[is_fine], data.class_names)
    _write(path, classes)
    lines = ["", *_skewed_lines(data, classes), f"by class: {path}"]
    if by is not None:
        groups = by_group(
            np.array(columns[by])[is_fine],
            labels[is_fine] == predicted[is_fine],
        )
        path = folder.path / f"groups_{re.sub(r'[^A-Za-z0-9_-]', '_', by)}.csv"
        _write(path, groups)
        lines += ["", *_group_lines(by, groups), f"by {by}: {path}"]
    return lines


def predictions(model, data):
    """Returns labels, likeliest classes, and which examples count."""
    views = data.evaluation_dataset().as_numpy_iterator()
    parts = [
        (targets.argmax(1), model.predict_on_batch(inputs).argmax(1), weights)
        for inputs, targets, weights in views
    ]
    labels, predicted, weights = map(np.concatenate, zip(*parts, strict=True))
    return labels, predicted, weights > 0


def by_class(labels, predicted, class_names):
    """Returns a row for each class: examples, accuracy (recall), precision."""
    rows = []
    for number, name in enumerate(class_names):
        is_it, is_said = labels == number, predicted == number
        rows.append(
            {
                "class": name,
                "examples": int(is_it.sum()),
                "accuracy": _mean((predicted == labels)[is_it]),
                "precision": _mean((predicted == labels)[is_said]),
            }
        )
    return rows


def by_group(groups, is_right):
    """Returns a row for each group: examples and accuracy, the worst first."""
    rows = [
        {
            "group": str(group),
            "examples": int(np.sum(groups == group)),
            "accuracy": _mean(is_right[groups == group]),
        }
        for group in np.unique(groups)
    ]
    return sorted(rows, key=lambda row: row["accuracy"])


def skewed_accuracy(accuracies, order, skew=SKEW):
    """Accuracy if labels were as skewed as this.

    Args:
        accuracies: float `(K,)`, of each class; NaN where it is not known.
        order: int `(K,)`, the classes from the most to the least frequent,
            whose shares fall geometrically.
        skew: share of the first over that of the last.
    """
    shares = np.empty(len(order))
    shares[order] = skew ** -np.linspace(0, 1, len(order))
    is_known = ~np.isnan(accuracies)
    return float(np.average(accuracies[is_known], weights=shares[is_known]))


def _skewed_lines(data, classes):
    accuracies = np.array([row["accuracy"] for row in classes])
    counts = data.training_counts()
    if counts is None:
        counts = np.array([row["examples"] for row in classes])
    frequent_first = np.argsort(-counts, kind="stable")
    kinds = {
        "all classes alike": skewed_accuracy(accuracies, frequent_first, 1),
        f"{SKEW}:1 towards what training has most of": skewed_accuracy(
            accuracies, frequent_first
        ),
        f"{SKEW}:1 towards what training has least of": skewed_accuracy(
            accuracies, frequent_first[::-1]
        ),
    }
    return [
        "top-1 if labels were",
        *(f"  {words:<42} {share:.2%}" for words, share in kinds.items()),
    ]


def _group_lines(by, groups):
    width = max(len(by), *(len(row["group"]) for row in groups[:_LISTED]))
    lines = [f"{by:<{width}}  examples    top-1"]
    lines += [
        f"{row['group']:<{width}}  {row['examples']:>8,}  "
        f"{row['accuracy']:>7.2%}"
        for row in groups[:_LISTED]
    ]
    if len(groups) > _LISTED:
        lines.append(f"and {len(groups) - _LISTED:,} better ones")
    return lines


def _mean(values):
    return float(np.mean(values)) if len(values) else float("nan")


def _write(path, rows):
    files.write_csv(path, rows[0], [row.values() for row in rows])
