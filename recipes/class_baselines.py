"""What a classifier of anything must beat, and what it is compared with."""

import dataclasses

import numpy as np

from keras_perceiver import errors

_NEIGHBOURS = 3
_STEPS_OF_REGRESSION = 2_000


@dataclasses.dataclass(frozen=True)
class Measure:
    """How well something tells the classes of the held-out examples.

    Attributes:
        top_1_error: share of examples whose likeliest class is wrong.
        top_5_error: share of those whose class is not among the five
            likeliest; None if undefined.
        nats: mean cross-entropy; None if undefined.
        kind: `"baseline"`, which a model must beat, or `"reference"`.
        description: what was done, for people.
    """

    top_1_error: float
    top_5_error: float | None
    nats: float | None
    kind: str
    description: str


def as_rows(measures):
    """Returns `{name: {metric: value, ...}}`, as `RecipeData` wants it."""
    return {
        name: dataclasses.asdict(measure) for name, measure in measures.items()
    }


def majority(counts, labels, counted):
    """Measures the guess that looks at nothing.

    Args:
        counts: int `(K,)`, training examples of each class.
        labels: int `(n,)`, held out.
        counted: what was counted, for people.
    """
    order = np.argsort(-counts, kind="stable")
    # Half an example more, so that no class is impossible.
    shares = (counts + 0.5) / (counts + 0.5).sum()
    return Measure(
        top_1_error=float(np.mean(labels != order[0])),
        top_5_error=float(np.mean(~np.isin(labels, order[:5]))),
        nats=float(-np.log(shares[labels]).mean()),
        kind="baseline",
        description=f"always the most frequent class of {counted}",
    )


def references(features, labels, heldout, heldout_labels, *, looks, examples):
    """Measures classical methods on rows of numbers.

    Args:
        features: float `(n, D)`.
        labels: int `(n,)`.
        heldout: float `(m, D)`.
        heldout_labels: int `(m,)`.
        looks: what the numbers are, for people, such as `"pixels"`.
        examples: what a row is of, such as `"training images"`.

    Returns:
        `logistic_regression` and `nearest_neighbours`, each with its
        `Measure`.
    """
    linear = errors.import_extra("sklearn.linear_model", "data")
    neighbors = errors.import_extra("sklearn.neighbors", "data")
    regression = linear.LogisticRegression(max_iter=_STEPS_OF_REGRESSION)
    nearest = neighbors.KNeighborsClassifier(_NEIGHBOURS)
    count = f"{len(features):,} {examples}"
    regression_measure = _measured(
        regression.fit(features, labels),
        heldout,
        heldout_labels,
        f"of the {looks} of {count}",
    )
    return {
        "logistic_regression": regression_measure,
        "nearest_neighbours": dataclasses.replace(
            _measured(
                nearest.fit(features, labels),
                heldout,
                heldout_labels,
                f"the {_NEIGHBOURS} nearest of {count}, by {looks}",
            ),
            # Three votes are no probabilities.
            top_5_error=None,
            nats=None,
        ),
    }


def _measured(classifier, features, labels, description):
    scores = classifier.predict_proba(features)
    right = scores[np.arange(len(labels)), labels]
    better = np.sum(scores > right[:, None], axis=1)
    return Measure(
        top_1_error=float(np.mean(classifier.predict(features) != labels)),
        top_5_error=float(np.mean(better >= 5)),
        nats=float(-np.log(np.maximum(right, 1e-300)).mean()),
        kind="reference",
        description=description,
    )
