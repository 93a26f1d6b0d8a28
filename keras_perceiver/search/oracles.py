"""KerasTuner's oracles, which propose only what is within the budget."""

import json
import os
import pathlib
import time
import warnings

import keras_tuner
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process.kernels import Matern

from keras_perceiver import errors
from keras_perceiver import files
from keras_perceiver.search import roles
from keras_perceiver.search import space as spaces
from keras_perceiver.search.settings import STATE_FILE

OBJECTIVE = "value"
# KerasTuner's choices are numbers; this one stands for None.
NOT_SET = 0
# Of points in a row that are turned away, after which there are no more.
MOST_REJECTED = 5_000
# A search without limit: as many rungs as anyone has time for.
_MANY = 9_999
# Hyperband's longest rung over its shortest, at three times each.
HYPERBAND_UNITS = 9
# Points of each kind that are tried out on the Gaussian process.
_CANDIDATES = 1_000
# Trials before the Gaussian process is asked.
_FEWEST_FIRST = 4
# Trials that candidates lie beside.
_BEST = 3
# Of the Gaussian process, where each choice goes from 0 to 1.
_SCALES = (0.2, 20.0)
_SECONDS_IDLE = 0.2


class _WithinBudget:
    """What the three oracles have in common.

    Every point is drawn by the number of its trial and not by what was drawn
    before, and the state is one file that is replaced as a whole: a search
    that is killed at any moment goes on with the same trials.
    """

    def begin(self, space, feasible, *, reference, seed, trials, seconds):
        """Sets what KerasTuner's own arguments do not cover.

        Args:
            space: a dictionary of choices.
            feasible: a `Feasibility`.
            reference: the point that the search begins at; it need not be
                within the budget.
            seed: any whole number; KerasTuner takes 0 for none.
            trials: how many at most; None: any number.
            seconds: after which no trial is begun; None: never.
        """
        self.space = space
        self.feasible = feasible
        self.reference = reference
        self.seed = seed
        self.most_trials = trials
        self.most_seconds = seconds
        self.elapsed_before = 0.0
        self._began = time.monotonic()
        self.verbose = 0
        return self

    @property
    def elapsed(self):
        """Seconds that the search has taken, over all its processes."""
        return self.elapsed_before + time.monotonic() - self._began

    def _is_over(self):
        is_full = (
            self.most_trials is not None
            and len(self.trials) >= self.most_trials
        )
        return is_full or (
            self.most_seconds is not None and self.elapsed >= self.most_seconds
        )

    def populate_space(self, trial_id):
        """Proposes a point, as KerasTuner's oracles do."""
        if self._is_over():
            return {"status": "STOPPED", "values": None}
        proposed = super().populate_space(trial_id)
        if proposed["status"] == "IDLE":
            # KerasTuner asks again at once.
            time.sleep(_SECONDS_IDLE)
        return proposed

    def _random_values(self):
        key = f"{self.seed}/{len(self.trials)}"
        return self._first_feasible(self._points_anywhere(key))

    def _first_feasible(self, points):
        for point in points:
            if self.feasible(point) is not None:
                return encoded(point)
        return None

    def _points_anywhere(self, key, attempts=MOST_REJECTED):
        for attempt in range(attempts):
            point = spaces.draw(self.space, f"{key}/{attempt}")
            if self._is_candidate(point):
                yield point

    def _is_candidate(self, point):
        is_new = not self._duplicate(encoded(point))
        return is_new and self.feasible.by_arithmetic(point) is not None

    def update_trial(self, trial_id, metrics, step=0):
        """Notes a value, which a chief that is started again has to know."""
        trial = super().update_trial(trial_id, metrics, step)
        self.save()
        return trial

    def end_trial(self, trial):
        """Ends a trial, once, and only then writes that it has ended."""
        if trial.trial_id not in self.end_order:
            super().end_trial(trial)
        self.save()

    def _save_trial(self, trial):
        """Trials are part of the one file."""

    def save(self):
        """Writes the state, whole or not at all."""
        files.write_text(self._get_oracle_fname(), json.dumps(self.get_state()))

    def get_state(self):
        """Returns the state with all trials in it."""
        state = super().get_state()
        ended = set(self.end_order)
        state["ongoing_trials"] = {
            tuner: trial
            for tuner, trial in state["ongoing_trials"].items()
            if trial not in ended
        }
        state["trials"] = [trial.get_state() for trial in self.trials.values()]
        state["rejected"] = dict(self.feasible.rejected)
        state["elapsed"] = self.elapsed
        return state

    def reload(self):
        """Goes on from the state that was written last, if any was."""
        path = pathlib.Path(self._get_oracle_fname())
        if not path.exists():
            return
        state = json.loads(path.read_text())
        for one in state["trials"]:
            trial = keras_tuner.engine.trial.Trial.from_state(one)
            self.trials[trial.trial_id] = trial
        self.set_state(state)
        self.feasible.rejected.update(state["rejected"])
        self.elapsed_before = state["elapsed"]
        if roles.was_restarted() and roles.is_chief():
            # Its workers are still there, and go on with their trials.
            self.tuner_ids.update(self.ongoing_trials)
            return
        # KerasTuner takes them from the end.
        ongoing, self.ongoing_trials = self.ongoing_trials, {}
        self._retry_queue += sorted(
            (trial.trial_id for trial in ongoing.values()), reverse=True
        )

    def _get_oracle_fname(self):
        return os.path.join(self._project_dir, STATE_FILE)


class RandomOracle(_WithinBudget, keras_tuner.oracles.RandomSearchOracle):
    """Points at random."""


class HyperbandOracle(_WithinBudget, keras_tuner.oracles.HyperbandOracle):
    """Many points for a few steps, the best of them for more."""


class BayesianOracle(
    _WithinBudget, keras_tuner.oracles.BayesianOptimizationOracle
):
    """Points where a Gaussian process of the trials so far expects most.

    The shape that the search begins with is one that somebody chose: the
    first trials, and some of all later candidates, lie beside it.
    """

    def populate_space(self, trial_id):
        """Proposes the most promising of many points within the budget."""
        completed = [
            trial
            for trial in self.trials.values()
            if trial.status == "COMPLETED"
        ]
        if self._is_over() or len(completed) < self.num_initial_points:
            return super().populate_space(trial_id)
        for point in self._most_promising_first(self._candidates(completed)):
            if self.feasible(point) is not None:
                return {"status": "RUNNING", "values": encoded(point)}
        return {"status": "STOPPED", "values": None}

    def _most_promising_first(self, points):
        if not points:
            return []
        with warnings.catch_warnings():
            # Of a few trials, any length scale may be as likely.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.gpr.fit(*self._vectorize_trials())
        mean, deviation = self.gpr.predict(
            np.array([self._vector(point) for point in points]), return_std=True
        )
        order = np.argsort(mean - self.beta * deviation)
        return [points[place] for place in order]

    def _make_gpr(self):
        # KerasTuner's own length scales go down to where no trial tells
        # anything of another.
        gpr = super()._make_gpr()
        return gpr.set_params(
            kernel=Matern(nu=2.5, length_scale_bounds=_SCALES)
        )

    def _random_values(self):
        number = len(self.trials)
        # Every fourth from anywhere, lest the first shape misled us.
        if number % 4 == 3:
            return super()._random_values()
        points = self._points_near([self.reference], f"{self.seed}/{number}")
        return self._first_feasible(points) or super()._random_values()

    def _points_near(self, centres, key, attempts=MOST_REJECTED):
        for attempt in range(attempts):
            point = spaces.near(
                self.space,
                centres[attempt % len(centres)],
                f"{key}/near/{attempt}",
            )
            if self._is_candidate(point):
                yield point

    def _candidates(self, completed):
        """Half anywhere, half beside the best trials and the reference."""
        key = f"{self.seed}/{len(self.trials)}"
        best = sorted(
            completed,
            key=lambda trial: trial.score,
            reverse=self.objective.direction == "max",
        )[:_BEST]
        centres = [
            decoded(trial.hyperparameters.values, self.space) for trial in best
        ]
        return [
            *self._points_anywhere(key, _CANDIDATES),
            *self._points_near([*centres, self.reference], key, _CANDIDATES),
        ]

    def _vector(self, point):
        values = encoded(point)
        return [
            parameter.value_to_prob(values[parameter.name])
            for parameter in self._nonfixed_space()
        ]


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


def hyperparameters(space):
    """Returns a space as KerasTuner has it."""
    found = keras_tuner.HyperParameters()
    for name, values in space.items():
        if isinstance(values, spaces.Between):
            found.Float(name, values.low, values.high, sampling="log")
        else:
            numbers = [encoded({name: value})[name] for value in values]
            ordered = all(isinstance(one, (int, float)) for one in numbers)
            found.Choice(name, numbers, ordered=ordered)
    return found


def encoded(point):
    """A point as KerasTuner's values."""
    return {
        name: NOT_SET if value is None else value
        for name, value in point.items()
    }


def decoded(values, space):
    """KerasTuner's values as a point: its own entries are left out."""
    return {
        name: None
        if values[name] == NOT_SET and None in _listed(space[name])
        else values[name]
        for name in space
    }


def _listed(values):
    return () if isinstance(values, spaces.Between) else values
