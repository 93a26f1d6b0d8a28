"""KerasTuner's loop over trials, in which none ends the others."""

import math
import os
import pathlib
import time

import keras
import keras_tuner
import tensorflow as tf

from keras_perceiver.search.encoding import decoded
from keras_perceiver.search.oracles import HYPERBAND_UNITS
from keras_perceiver.search.oracles import OBJECTIVE
from keras_perceiver.search.patience import PatientStub
from keras_perceiver.search.roles import ALONE
from keras_perceiver.search.roles import DIED_VARIABLE
from keras_perceiver.search.roles import MOST_DEATHS
from keras_perceiver.search.roles import TUNER_VARIABLE
from keras_perceiver.search.trial import Trial
from keras_perceiver.search.trial import new_record
from keras_perceiver.search.trials import TrialLog

# With as many failures and no success, the mistake is not the trial's.
MOST_FAILURES = 3
_OUT_OF_MEMORY = ("RESOURCE_EXHAUSTED", "out of memory", "OOM when")


class SearchTuner(keras_tuner.engine.base_tuner.BaseTuner):
    """Runs trials and writes a record of each.

    Args:
        oracle: one of `oracles`.
        train: from a `Trial` to its held-out value.
        feasible: the `Feasibility`.
        folder: the folder of the search.
        on_change: called as each trial begins and when it has ended.
        maximize: whether more is better.
    """

    def __init__(
        self, oracle, train, feasible, folder, *, on_change, maximize=False
    ):
        folder = pathlib.Path(folder)
        self.train = train
        self.feasible = feasible
        self.space = oracle.space
        self.log = TrialLog(folder)
        self.on_change = on_change
        self.best_of = max if maximize else min
        self._died = os.environ.get(DIED_VARIABLE)
        super().__init__(
            oracle, directory=str(folder.parent), project_name=folder.name
        )
        if self._is_worker():
            self.oracle.stub = PatientStub(self.oracle.stub)
        else:
            oracle.reload()

    def save(self):
        """Writes the oracle; the tuner itself has no state."""
        if not self._is_worker():
            self.oracle.save()

    def reload(self):
        """The oracle goes on by itself."""

    def on_trial_begin(self, trial):
        """Tells whoever watches."""
        self.on_change()

    def on_trial_end(self, trial):
        """Tells the oracle and whoever watches."""
        super().on_trial_end(trial)
        self.on_change()

    def run_trial(self, trial):
        """Trains one trial.

        Returns:
            Its value, for the oracle; NaN, which KerasTuner takes for a
            failed trial, if it was pruned or has failed. Its record says why.

        Raises:
            FatalError: if nothing but failures is to be expected.
        """
        record = self._begin(trial)
        if record["state"] == "running":
            record = self._run(record)
            self.log.write(record)
        # It collects garbage too.
        keras.utils.clear_session()
        self._check_hopeless(record)
        is_completed = record["state"] == "completed"
        return {OBJECTIVE: record["value"] if is_completed else math.nan}

    def _begin(self, trial):
        """Returns the record of a trial that begins, or was begun before."""
        choices = decoded(trial.hyperparameters.values, self.space)
        units = trial.hyperparameters.values.get("tuner/epochs")
        record = new_record(
            trial.trial_id,
            choices,
            self.feasible.template,
            # Once more, since the oracle may be of another process.
            self.feasible(choices) or self.feasible.cost_of(choices),
            units / HYPERBAND_UNITS if units else 1.0,
            os.environ.get(TUNER_VARIABLE, ALONE),
        )
        before = self.log.find(trial.trial_id)
        if before:
            # It ended, and the process did before the oracle was told.
            if before["state"] != "running":
                return before
            record["deaths"] = before["deaths"]
            if self._died:
                record["deaths"] = [*before["deaths"], self._died]
        self._died = None
        if len(record["deaths"]) >= MOST_DEATHS:
            record["state"] = "pruned"
            record["reason"] = f"ended its process: {record['deaths'][-1]}"
        self.log.write(record)
        return record

    def _run(self, record):
        def write_curve(curve):
            self.log.write({**record, "curve": curve})

        trial = Trial(
            record["trial"],
            record["choices"],
            self.feasible.template,
            record["share"],
            write_curve,
        )
        began = time.monotonic()
        state, reason, value = self._outcome(trial)
        return {
            **record,
            "state": state,
            "reason": reason,
            "curve": trial.curve,
            "value": value,
            "seconds": round(time.monotonic() - began, 2),
        }

    def _outcome(self, trial):
        try:
            value = self.train(trial)
            if value is None:
                value = self.best_of(value for _, value in trial.curve)
            value = float(value)
        except FloatingPointError as error:
            return "pruned", f"diverged: {error}", None
        except (MemoryError, tf.errors.ResourceExhaustedError) as error:
            return "pruned", f"out of memory: {_first_line(error)}", None
        except Exception as error:
            if any(words in str(error) for words in _OUT_OF_MEMORY):
                return "pruned", f"out of memory: {_first_line(error)}", None
            reason = f"{type(error).__name__}: {_first_line(error)}"
            return "failed", reason, None
        if not math.isfinite(value):
            return "pruned", f"diverged: its value is {value}", None
        return "completed", None, value

    def _check_hopeless(self, record):
        states = [one["state"] for one in self.log.read()]
        failures = states.count("failed")
        if failures >= MOST_FAILURES and "completed" not in states:
            raise keras_tuner.errors.FatalError(
                f"{failures} trials failed and none came through. "
                f"The last: {record['reason']}"
            )


def _first_line(error):
    lines = str(error).splitlines() or [""]
    return lines[0]
