"""The loss and the watched metric of a batch with examples of many tasks."""

import keras
import numpy as np
from keras import ops

from recipes.glue.heads import MATTHEWS
from recipes.glue.heads import PEARSON

# MNLI has two held-out splits, matched and mismatched; no task has more.
MAX_SPLITS = 2
_IMPOSSIBLE = -1e9
_TINY = 1e-12


class TaskLoss(keras.losses.Loss):
    """Cross-entropy of the example's own task, or its squared error.

    Args:
        heads: `Head`s, in the order of the logits.
    """

    def __init__(self, heads):
        super().__init__(name="loss", reduction="mean_with_sample_weight")
        self._heads = heads
        self._is_own = _places(heads)
        self._offsets = np.array([head.offset for head in heads], "int32")
        self._is_score = np.array([head.size == 1 for head in heads])

    def call(self, targets, logits):
        """Returns the loss of each example `(B,)`."""
        task = ops.cast(targets[:, 0], "int32")
        value = targets[:, 1]
        is_own = ops.take(self._is_own, task, axis=0)  # (B, logits)
        is_score = ops.take(self._is_score, task)
        number = ops.where(is_score, 0, ops.cast(value, "int32"))
        nats = ops.sparse_categorical_crossentropy(
            ops.take(self._offsets, task) + number,
            ops.where(is_own, logits, _IMPOSSIBLE),
            from_logits=True,
        )
        score = ops.sum(ops.where(is_own, logits, 0.0), axis=-1)
        return ops.where(is_score, ops.square(score - value), nats)


class Shortfall(keras.metrics.Metric):
    """One less the average score over tasks, as the paper averages.

    A task's score is Matthews' correlation, Pearson's or accuracy; splits of
    a task are averaged first. A score that is not defined is 0. Tasks without
    examples are left out.

    Args:
        heads: `Head`s, in the order of the logits.
    """

    def __init__(self, heads, name="shortfall"):
        super().__init__(name=name)
        self._heads = heads
        self._is_own = _places(heads)
        self._offsets = np.array([head.offset for head in heads], "int32")
        self._most = max(head.size for head in heads)
        parts = (len(heads), MAX_SPLITS)
        self._confusions = self.add_variable(
            (*parts, self._most, self._most), "zeros", name="confusions"
        )
        self._moments = self.add_variable((*parts, 6), "zeros", name="moments")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch; weights say only which examples count."""
        task = ops.cast(y_true[:, 0], "int32")
        value = y_true[:, 1]
        part = task * MAX_SPLITS + ops.cast(y_true[:, 2], "int32")
        rows = ops.one_hot(part, len(self._heads) * MAX_SPLITS)
        if sample_weight is not None:
            rows *= ops.cast(sample_weight > 0, rows.dtype)[:, None]
        logits = ops.cast(y_pred, "float32")
        is_own = ops.take(self._is_own, task, axis=0)
        best = ops.argmax(ops.where(is_own, logits, _IMPOSSIBLE), axis=-1)
        guess = best - ops.cast(ops.take(self._offsets, task), best.dtype)
        # (parts, classes, guesses)
        confusions = ops.einsum(
            "bp,bi,bj->pij",
            rows,
            ops.one_hot(ops.cast(value, "int32"), self._most),
            ops.one_hot(guess, self._most),
        )
        self._confusions.assign_add(
            ops.reshape(confusions, self._confusions.shape)
        )
        # Of classifications they are not read.
        score = ops.sum(ops.where(is_own, logits, 0.0), axis=-1)
        products = (score**0, score, value, score**2, value**2, score * value)
        moments = ops.einsum("bp,bm->pm", rows, ops.stack(products, axis=-1))
        self._moments.assign_add(ops.reshape(moments, self._moments.shape))

    def result(self):
        """Returns 1 less the average."""
        scores, counts = [], []
        for number, head in enumerate(self._heads):
            count = self._moments[number, :, 0]
            if head.score == PEARSON:
                score = _pearson(self._moments[number])
            elif head.score == MATTHEWS:
                score = _matthews(self._confusions[number])
            else:
                score = _accuracy(self._confusions[number])
            has_any = ops.cast(count > 0, "float32")
            scores.append(_mean(score, has_any))
            counts.append(ops.max(has_any))
        return 1.0 - _mean(ops.stack(scores), ops.stack(counts))


def _places(heads):
    """Which logits belong to each task, bool `(tasks, logits)`."""
    places = np.zeros((len(heads), sum(head.size for head in heads)), bool)
    for number, head in enumerate(heads):
        places[number, head.offset : head.offset + head.size] = True
    return places


def _mean(values, weights):
    return ops.sum(values * weights) / ops.maximum(ops.sum(weights), _TINY)


def _divide(numerator, denominator):
    is_defined = denominator > _TINY
    return ops.where(
        is_defined, numerator / ops.where(is_defined, denominator, 1.0), 0.0
    )


def _accuracy(confusions):
    right = ops.sum(ops.diagonal(confusions, axis1=-2, axis2=-1), axis=-1)
    return _divide(right, ops.sum(confusions, axis=(-2, -1)))


def _matthews(confusions):
    """Matthews' correlation of any number of classes, by split.

    Gorodkin's form. Shares in place of counts keep float32 exact enough.
    """
    total = ops.sum(confusions, axis=(-2, -1), keepdims=True)
    shares = _divide(confusions, total)
    true, guessed = ops.sum(shares, axis=-1), ops.sum(shares, axis=-2)
    right = ops.sum(ops.diagonal(shares, axis1=-2, axis2=-1), axis=-1)
    together = right - ops.sum(true * guessed, axis=-1)
    spread = 1.0 - ops.sum(ops.stack([true, guessed]) ** 2, axis=-1)
    return _divide(together, ops.sqrt(ops.maximum(spread[0] * spread[1], 0.0)))


def _pearson(moments):
    """Pearson's correlation by split, of the sums that are kept."""
    count = ops.maximum(moments[:, 0], 1.0)
    x, y, xx, yy, xy = (moments[:, column] / count for column in range(1, 6))
    spread = ops.maximum(xx - x * x, 0.0) * ops.maximum(yy - y * y, 0.0)
    return _divide(xy - x * y, ops.sqrt(spread))
