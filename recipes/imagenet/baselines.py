"""What an image classifier must beat, and what it is compared with.

A model that always says the most frequent class learned nothing. Logistic
regression and the three nearest neighbours look at the same pixels as the
model; both are strong where images are small and centred, and hopeless on
photographs. They are measured where that takes seconds.
"""

import numpy as np

from recipes.class_baselines import majority
from recipes.class_baselines import references

# Of classical methods: beyond, they take minutes and say little.
MOST_IMAGES = 20_000
MOST_PIXELS = 1_024
# Where the classes of all images are not known without reading them.
_COUNTED = 20_000


def measure(data):
    """Measures baseline and references on the held-out images.

    Args:
        data: the `ImageData`.

    Returns:
        `majority`, and where images are few and small `logistic_regression`
        and `nearest_neighbours`, each with its `Measure`.
    """
    counts = data.training_counts()
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
        **references(
            *training,
            heldout,
            labels,
            looks="pixels",
            examples="training images",
        ),
    }


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
