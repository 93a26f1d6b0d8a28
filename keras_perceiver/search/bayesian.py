"""Points where a Gaussian process of the trials so far expects most."""

import warnings

import keras_tuner
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process.kernels import Matern

from keras_perceiver.search import space as spaces
from keras_perceiver.search.encoding import decoded
from keras_perceiver.search.encoding import encoded
from keras_perceiver.search.within_budget import MOST_REJECTED
from keras_perceiver.search.within_budget import WithinBudget

# Points of each kind that are tried out on the Gaussian process.
_CANDIDATES = 1_000
# Trials that candidates lie beside.
_BEST = 3
# Of the Gaussian process, where each choice goes from 0 to 1.
_SCALES = (0.2, 20.0)
# Of one length scale; KerasTuner's twenty take seconds.
_RESTARTS = 2


class BayesianOracle(
    WithinBudget, keras_tuner.oracles.BayesianOptimizationOracle
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
            kernel=Matern(nu=2.5, length_scale_bounds=_SCALES),
            n_restarts_optimizer=_RESTARTS,
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
