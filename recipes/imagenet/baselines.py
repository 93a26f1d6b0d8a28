"""What an image classifier must beat, and what it is compared with.

A model that always says the most frequent class learned nothing. Logistic
regression and the three nearest neighbours look at the same pixels as the
model; both are strong where images are small and centred, and hopeless on
photographs. They are measured where that takes seconds.
"""

import dataclasses

import numpy as np

from keras_perceiver import errors

# Of classical methods: beyond, they take minutes and say little.
MOST_IMAGES = 20_000
MOST_PIXELS = 1_024
# Where the classes of all images are not known without reading them.
_COUNTED = 20_000
_NEIGHBOURS = 3
_STEPS_OF_REGRESSION = 2_000


@dataclasses.dataclass(frozen=True)
class Measure:
    """How well something tells the classes of the held-out images.

    Attributes:
        top_1_error: share of images whose likeliest class is wrong.
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


def measure(data):
    """Measures baseline and references on the held-out images.

    Args:
        data: the `ImageData`.

    Returns:
        `majority`, and where images are few and small `logistic_regression`
        and `nearest_neighbours`, each with its `Measure`.
    """
    counts = data.source.training_counts()
    counted = "the training images"
    if counts is None:
        counts = _count(data)
        counted = f"the first {counts.sum():,} training images"
    is_small = np.prod(data.image_shape[:2]) <= MOST_PIXELS
    if not is_small or counts.sum() > MOST_IMAGES:
        labels = _heldout_labels(data)
        return {"majority": majority(counts, labels, counted)}
    heldout, labels = _arrays(data.evaluation_dataset())
    training = _arrays(data.first_training_views(int(counts.sum())))
    return {
        "majority": majority(counts, labels, counted),
        **references(*training, heldout, labels),
    }


def majority(counts, labels, counted):
    """Measures the guess that looks at no image.

    Args:
        counts: int `(K,)`, training images of each class.
        labels: int `(n,)`, held out.
        counted: what was counted, for people.
    """
    order = np.argsort(-counts, kind="stable")
    # Half an image more, so that no class is impossible.
    shares = (counts + 0.5) / (counts + 0.5).sum()
    return Measure(
        top_1_error=float(np.mean(labels != order[0])),
        top_5_error=float(np.mean(~np.isin(labels, order[:5]))),
        nats=float(-np.log(shares[labels]).mean()),
        kind="baseline",
        description=f"always the most frequent class of {counted}",
    )


def references(images, labels, heldout, heldout_labels):
    """Measures classical methods on pixels.

    Args:
        images: float `(n, D)`.
        labels: int `(n,)`.
        heldout: float `(m, D)`.
        heldout_labels: int `(m,)`.
    """
    linear = errors.import_extra("sklearn.linear_model", "data")
    neighbors = errors.import_extra("sklearn.neighbors", "data")
    regression = linear.LogisticRegression(max_iter=_STEPS_OF_REGRESSION)
    nearest = neighbors.KNeighborsClassifier(_NEIGHBOURS)
    count = f"{len(images):,} training images"
    regression_measure = _measured(
        regression.fit(images, labels),
        heldout,
        heldout_labels,
        f"of the pixels of {count}",
    )
    return {
        "logistic_regression": regression_measure,
        "nearest_neighbours": dataclasses.replace(
            _measured(
                nearest.fit(images, labels),
                heldout,
                heldout_labels,
                f"the {_NEIGHBOURS} nearest of {count}, by pixels",
            ),
            # Three votes are no probabilities.
            top_5_error=None,
            nats=None,
        ),
    }


def _measured(classifier, images, labels, description):
    scores = classifier.predict_proba(images)
    right = scores[np.arange(len(labels)), labels]
    better = np.sum(scores > right[:, None], axis=1)
    return Measure(
        top_1_error=float(np.mean(classifier.predict(images) != labels)),
        top_5_error=float(np.mean(better >= 5)),
        nats=float(-np.log(np.maximum(right, 1e-300)).mean()),
        kind="reference",
        description=description,
    )


def _arrays(views):
    """Rows of pixels and labels of all images that can be read."""
    pixels, labels = [], []
    for images, targets, weights in views.as_numpy_iterator():
        is_fine = weights > 0
        pixels.append(images[is_fine].reshape(is_fine.sum(), -1))
        labels.append(targets[is_fine].argmax(axis=1))
    return np.concatenate(pixels), np.concatenate(labels)


def _count(data):
    examples = data.source.training_examples(data.training.seed)
    labels = [
        example["label"]
        for example in examples.take(_COUNTED).as_numpy_iterator()
    ]
    is_inside = [label for label in labels if 0 <= label < data.num_classes]
    return np.bincount(is_inside, minlength=data.num_classes)


def _heldout_labels(data):
    numbers = {name: number for number, name in enumerate(data.class_names)}
    names = data.heldout_columns()["label"]
    # Names of no class stand for labels that are outside.
    return np.array([numbers[name] for name in names if name in numbers])
