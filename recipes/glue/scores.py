"""Scores of the tasks, as GLUE and the paper report them.

By scikit-learn and SciPy; what training watches is `objective.Shortfall`.
"""

import warnings

import numpy as np

from keras_perceiver import errors
from recipes.glue.heads import ACCURACY
from recipes.glue.heads import MATTHEWS
from recipes.glue.heads import PEARSON

F1 = "f1"
SPEARMAN = "spearman"
# Of two classes each, the second of which is "equivalent" or "duplicate".
_WITH_F1 = ("mrpc", "qqp")


def score(head, targets, guesses):
    """Returns the scores of one split of a task by name.

    Args:
        head: the `Head`.
        targets: `(n,)`, numbers of classes or scores.
        guesses: `(n,)`, the same.
    """
    if head.size == 1:
        stats = errors.import_extra("scipy.stats", "data")
        return {
            PEARSON: _correlation(stats.pearsonr, targets, guesses),
            SPEARMAN: _correlation(stats.spearmanr, targets, guesses),
        }
    metrics = errors.import_extra("sklearn.metrics", "data")
    targets = np.asarray(targets).astype(int)
    scores = {ACCURACY: float(metrics.accuracy_score(targets, guesses))}
    if head.score == MATTHEWS:
        matthews = metrics.matthews_corrcoef(targets, guesses)
        scores = {MATTHEWS: float(matthews), **scores}
    if head.name in _WITH_F1:
        scores[F1] = float(metrics.f1_score(targets, guesses, zero_division=0))
    return scores


def _correlation(function, targets, guesses):
    """A correlation; 0 where one side is constant and there is none."""
    with warnings.catch_warnings():
        # A constant input has no correlation, which SciPy warns of.
        warnings.simplefilter("ignore", RuntimeWarning)
        found = function(targets, guesses).statistic
    return float(np.nan_to_num(found))


def of_tasks(heads, heldout, guess):
    """Returns all scores by a name each, and the average's shortfall.

    Args:
        heads: `Head`s.
        heldout: by the name of a task, `TextExamples` by split.
        guess: from a head, the name of a split and its examples to guesses.

    Returns:
        A dictionary such as `{"shortfall": 0.2, "cola.dev.matthews": 0.4}`.
    """
    scores = {}
    for head in heads:
        for split, examples in heldout[head.name].items():
            guesses = guess(head, split, examples)
            found = score(head, examples.targets, guesses)
            for name, value in found.items():
                scores[f"{head.name}.{split}.{name}"] = value
    return {"shortfall": 1 - average(heads, scores), **scores}


def average(heads, scores):
    """The paper's average: splits of a task first, then tasks.

    Appendix F.4: MNLI matched and mismatched are averaged, then eight tasks.

    Args:
        heads: `Head`s.
        scores: by `TASK.SPLIT.SCORE`.
    """
    return float(np.mean([of_task(head, scores) for head in heads]))


def of_task(head, scores):
    """The mean over a task's splits of the score that counts."""
    found = [
        value
        for key, value in scores.items()
        if key.startswith(f"{head.name}.") and key.endswith(f".{head.score}")
    ]
    return float(np.mean(found))
