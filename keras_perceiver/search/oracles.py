"""KerasTuner's oracles, which propose only what is within the budget."""

import keras_tuner

from keras_perceiver import errors
from keras_perceiver.search.bayesian import BayesianOracle
from keras_perceiver.search.encoding import hyperparameters
from keras_perceiver.search.within_budget import WithinBudget

OBJECTIVE = "value"
# A search without limit: as many rungs as anyone has time for.
_MANY = 9_999
# Hyperband's longest rung over its shortest, at three times each.
HYPERBAND_UNITS = 9
# Trials before the Gaussian process is asked.
_FEWEST_FIRST = 4


class RandomOracle(WithinBudget, keras_tuner.oracles.RandomSearchOracle):
    """Points at random."""


class HyperbandOracle(WithinBudget, keras_tuner.oracles.HyperbandOracle):
    """Many points for a few steps, the best of them for more."""


ORACLES = {
    "random": RandomOracle,
    "hyperband": HyperbandOracle,
    "bayesian": BayesianOracle,
}


def make_oracle(
    name, space, feasible, *, reference, seed, trials, seconds, maximize
):
    """Returns an oracle, ready to propose.

    Args:
        name: `random`, `hyperband` or `bayesian`.
        space: a dictionary of choices.
        feasible: a `Feasibility`.
        reference: the point that the search begins at.
        seed: of what is drawn.
        trials: how many at most, or None.
        seconds: after which no trial is begun, or None.
        maximize: whether more is better.
    """
    if name not in ORACLES:
        raise errors.unknown("tuner", name, ORACLES)
    settings = {
        "objective": keras_tuner.Objective(
            OBJECTIVE, "max" if maximize else "min"
        ),
        "hyperparameters": hyperparameters(space),
        "allow_new_entries": False,
        "tune_new_entries": False,
        # KerasTuner would end the search after three.
        "max_consecutive_failed_trials": _MANY,
        # KerasTuner takes 0 for none.
        "seed": seed + 1,
    }
    if name == "hyperband":
        settings |= {
            "max_epochs": HYPERBAND_UNITS,
            "hyperband_iterations": _MANY,
        }
    else:
        settings["max_trials"] = _MANY
    if name == "bayesian":
        settings |= {
            "num_initial_points": max(_FEWEST_FIRST, len(space) // 2),
            # Trials are noisy: one seed each, and few steps.
            "alpha": 1e-2,
            # They are few as well: rather beside what was good than where
            # nothing is known, which is nearly everywhere.
            "beta": 1.0,
        }
    return ORACLES[name](**settings).begin(
        space,
        feasible,
        reference=reference,
        seed=seed,
        trials=trials,
        seconds=seconds,
    )
