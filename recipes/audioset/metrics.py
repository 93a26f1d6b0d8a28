"""How well tags are told: mean average precision and what goes with it.

A clip's tags are true or not each by itself, so tags are measured one by one
and averaged, each counting as much as any other. A tag that no clip has, or
that all have, has nothing to be told from, and is left out.
"""

import math
import statistics

import keras
import numpy as np
from keras import ops

from keras_perceiver import errors

# Of logits, in the metric of training: what lies beyond counts as its end.
_FARTHEST = 12.0
_NUM_BINS = 1_024
_SMALLEST = 1e-7


def average_precisions(labels, scores):
    """Returns the average precision of each class, by scikit-learn.

    Args:
        labels: bool `(n, num_classes)`, of clips and classes, in this order.
        scores: numbers of the same shape; more is likelier.

    Returns:
        float64 `(num_classes,)`, NaN for classes that no clip has.

    Raises:
        ValueError: if the shapes differ, as those of a transposed matrix do.
    """
    metrics = errors.import_extra("sklearn.metrics", "data")
    labels, scores = _checked(labels, scores)
    return np.array(
        [
            metrics.average_precision_score(own, chances)
            if own.any()
            else math.nan
            for own, chances in zip(labels.T, scores.T, strict=True)
        ]
    )


def areas(labels, scores):
    """Returns each class's area under the ROC curve, as above.

    NaN for classes that no clip has, or all clips have.
    """
    metrics = errors.import_extra("sklearn.metrics", "data")
    labels, scores = _checked(labels, scores)
    return np.array(
        [
            metrics.roc_auc_score(own, chances)
            if own.any() and not own.all()
            else math.nan
            for own, chances in zip(labels.T, scores.T, strict=True)
        ]
    )


def d_prime(auc):
    """Returns how far apart two normal distributions of that area lie.

    Args:
        auc: from 0 to 1.

    Returns:
        In standard deviations; None where they do not overlap.
    """
    if auc is None or not 0 < auc < 1:
        return None
    return math.sqrt(2) * statistics.NormalDist().inv_cdf(auc)


def measured(labels, probabilities):
    """Returns all held-out numbers by name, None where one has no value.

    Args:
        labels: bool `(n, num_classes)`.
        probabilities: of the same shape, from 0 to 1.

    Returns:
        `map_error`, 1 less the mean average precision; `auc`, the mean area;
        `d_prime` of that; and `loss`, the mean cross-entropy in nats.
    """
    labels, probabilities = _checked(labels, probabilities)
    precision = _mean(average_precisions(labels, probabilities))
    auc = _mean(areas(labels, probabilities))
    chances = np.clip(probabilities, _SMALLEST, 1 - _SMALLEST)
    nats = -np.log(np.where(labels, chances, 1 - chances))
    return {
        "map_error": None if precision is None else 1 - precision,
        "auc": auc,
        "d_prime": d_prime(auc),
        "loss": float(nats.mean()),
    }


class ClipScores:
    """Answers to many clips of each of many videos, averaged by video.

    Args:
        num_classes: of the model.
    """

    def __init__(self, num_classes):
        self._num_classes = num_classes
        self._labels, self._sums, self._counts = {}, {}, {}

    def add(self, names, labels, probabilities):
        """Takes a batch of n clips.

        Args:
            names: of their videos.
            labels: bool `(n, num_classes)`.
            probabilities: of the same shape.

        Raises:
            ValueError: if one is not of that shape.
        """
        wanted = (len(names), self._num_classes)
        for array in (labels, probabilities):
            if np.shape(array) != wanted:
                raise ValueError(
                    f"{wanted[0]} clips of {wanted[1]} classes are of shape "
                    f"{wanted}. Received: {np.shape(array)}, which may be "
                    "transposed"
                )
        for name, own, chances in zip(
            names, labels, np.asarray(probabilities, "float64"), strict=True
        ):
            self._labels[name] = own
            self._sums[name] = self._sums.get(name, 0.0) + chances
            self._counts[name] = self._counts.get(name, 0) + 1

    def table(self):
        """Returns labels and mean probabilities, a row for each video."""
        means = [self._sums[name] / self._counts[name] for name in self._sums]
        return np.stack(list(self._labels.values())), np.stack(means)


class MapError(keras.metrics.Metric):
    """One less the mean average precision, of logits in 1,024 bins.

    What lies in one bin counts as equal, else it is `average_precisions`.
    Memory does not grow with the clips.

    Args:
        num_classes: of the model.
    """

    def __init__(self, num_classes, name="map_error"):
        super().__init__(name=name)
        self._num_classes = num_classes
        # Of clips without the class, and with it.
        self._counts = self.add_variable(
            (2, num_classes, _NUM_BINS), "zeros", name="counts"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch; weights count clips in part."""
        bins = bins_of(ops.cast(y_pred, "float32"))
        is_true = ops.cast(y_true > 0.5, "int32")
        classes = ops.arange(self._num_classes, dtype="int32")
        places = (is_true * self._num_classes + classes) * _NUM_BINS + bins
        weights = ops.ones_like(y_pred, "float32")
        if sample_weight is not None:
            weights *= ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1))
        counts = ops.segment_sum(
            ops.reshape(weights, (-1,)),
            ops.reshape(places, (-1,)),
            2 * self._num_classes * _NUM_BINS,
        )
        self._counts.assign_add(ops.reshape(counts, self._counts.shape))

    def result(self):
        """Returns 1 less the mean over classes that some clip has."""
        without, within = ops.unstack(ops.flip(self._counts, axis=-1))
        found = ops.cumsum(within, axis=-1)
        wrong = ops.cumsum(without, axis=-1)
        precision = found / ops.maximum(found + wrong, 1e-12)
        total = found[:, -1]
        gained = ops.sum(within * precision, axis=-1)
        has_any = ops.cast(total > 0, "float32")
        average = gained / ops.maximum(total, 1e-12)
        return 1.0 - ops.sum(average * has_any) / ops.maximum(
            ops.sum(has_any), 1.0
        )


def bins_of(logits):
    """Returns which of the bins of `MapError` logits lie in, int32."""
    places = (logits + _FARTHEST) * (_NUM_BINS / (2 * _FARTHEST))
    places = ops.clip(ops.floor(places), 0, _NUM_BINS - 1)
    return ops.cast(places, "int32")


def _checked(labels, scores):
    labels, scores = np.asarray(labels, bool), np.asarray(scores, "float64")
    if labels.ndim != 2 or labels.shape != scores.shape:
        raise ValueError(
            "Labels and scores have a row for each clip and a column for each "
            f"class. Received: labels {labels.shape} and scores "
            f"{scores.shape}"
            + (
                ", which are transposed"
                if labels.shape == scores.shape[::-1]
                else ""
            )
        )
    return labels, scores


def _mean(values):
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else None
