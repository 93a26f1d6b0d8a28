"""How much each choice matters, as far as the trials can tell."""

import dataclasses
import math

import numpy as np

from keras_perceiver import errors
from keras_perceiver.search import outcomes
from keras_perceiver.search.outcomes import is_number

# Below it a forest of trees knows its trials by heart.
FEWEST_FOR_FOREST = 8
NUM_TREES = 100
_NUM_SHUFFLES = 20
# Beside numbers, which here are never negative; a tree can set it apart.
_NONE = -1.0


@dataclasses.dataclass(frozen=True)
class Effect:
    """What is known of one choice.

    Attributes:
        choice: its name.
        values: how many of its values were tried.
        importance: by how much a forest's mean error grows when the trials'
            values of this choice are shuffled, in the objective's unit. None
            if there is no forest, or one value alone was tried.
        spread: the standard deviation of that over shuffles, or None.
        correlation: Spearman's rank correlation of choice and objective, or
            None where it has no meaning.
        trials: how many trials the correlation is of.
    """

    choice: str
    values: int
    importance: float | None
    spread: float | None
    correlation: float | None
    trials: int

    @property
    def chance(self):
        """What |correlation| exceeds for one unrelated choice in twenty."""
        # Two standard deviations. Exact tables for five to twenty trials
        # differ by less than 0.02.
        return 2 / math.sqrt(self.trials - 1) if self.trials > 1 else math.inf

    @property
    def is_clear(self):
        """Whether chance alone would seldom give such a correlation."""
        return (
            self.correlation is not None and abs(self.correlation) > self.chance
        )


@dataclasses.dataclass(frozen=True)
class Sensitivity:
    """What is known of all choices.

    Attributes:
        effects: `Effect`s; what matters most comes first.
        trials: how many trials it is of.
        foretold: the share of the variance that the forest tells of trials
            that a tree has not seen; None without a forest.
    """

    effects: list
    trials: int
    foretold: float | None


def sensitivity_of(records):
    """Returns the `Sensitivity` of the objective to each choice.

    Args:
        records: lines of `trials.jsonl`; `outcomes.full_trials` count.

    Raises:
        ImportError: if the extra `search` is not installed.
    """
    trials = outcomes.full_trials(records)
    values = np.array([trial["value"] for trial in trials], "float64")
    columns = {
        name: [trial["choices"].get(name) for trial in trials]
        for name in dict.fromkeys(
            name for trial in trials for name in trial["choices"]
        )
    }
    varied = [name for name in columns if len(set(map(str, columns[name]))) > 1]
    importances, foretold = {}, None
    if len(trials) >= FEWEST_FOR_FOREST and varied and np.ptp(values) > 0:
        table = np.stack([_numbers(columns[name]) for name in varied], axis=-1)
        mean, spread, foretold = forest_importances(table, values)
        pairs = zip(mean, spread, strict=True)
        importances = dict(zip(varied, pairs, strict=True))
    effects = [
        _effect(name, column, values, importances.get(name, (None, None)))
        for name, column in columns.items()
    ]
    return Sensitivity(sorted(effects, key=_rank), len(trials), foretold)


def forest_importances(table, values):
    """Permutation importances by a random forest.

    Args:
        table: a choice in each column, a trial in each row.
        values: the objective of each trial.

    Returns:
        Two arrays with a number for each column, the mean growth of the mean
        absolute error and its standard deviation over shuffles; and the share
        of the variance that the forest tells of trials left out of a tree.
    """
    ensemble = errors.import_extra("sklearn.ensemble", "search")
    inspection = errors.import_extra("sklearn.inspection", "search")
    forest = ensemble.RandomForestRegressor(
        NUM_TREES, oob_score=True, random_state=0
    ).fit(table, values)
    result = inspection.permutation_importance(
        forest,
        table,
        values,
        scoring="neg_mean_absolute_error",
        n_repeats=_NUM_SHUFFLES,
        random_state=0,
    )
    return (
        result.importances_mean,
        result.importances_std,
        float(forest.oob_score_),
    )


def _effect(name, column, values, importance):
    """The `Effect` of one choice."""
    mean, spread = (
        None if part is None else float(part) for part in importance
    )
    told = [place for place, chosen in enumerate(column) if is_number(chosen)]
    return Effect(
        name,
        len(set(map(str, column))),
        mean,
        spread,
        _correlation([column[place] for place in told], values[told]),
        len(told),
    )


def _correlation(chosen, values):
    """Spearman's rank correlation, or None where all of a side are equal."""
    if len(set(chosen)) < 2 or len(set(values)) < 2:
        return None
    stats = errors.import_extra("scipy.stats", "search")
    return float(stats.spearmanr(chosen, values).statistic)


def _numbers(column):
    """A column as numbers; words are numbered in their order."""
    words = sorted(
        {
            str(chosen)
            for chosen in column
            if chosen is not None and not is_number(chosen)
        }
    )
    return np.array(
        [
            _NONE
            if chosen is None
            else float(chosen)
            if is_number(chosen)
            else float(words.index(str(chosen)))
            for chosen in column
        ]
    )


def _rank(effect):
    """What matters most first: by the forest, else by the correlation."""
    return (-(effect.importance or 0), -abs(effect.correlation or 0))
