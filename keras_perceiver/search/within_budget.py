"""What KerasTuner's oracles lack: a budget, and a state that stays whole."""

import json
import os
import pathlib
import time

import keras_tuner

from keras_perceiver import files
from keras_perceiver.search import roles
from keras_perceiver.search import space as spaces
from keras_perceiver.search.encoding import encoded
from keras_perceiver.search.settings import STATE_FILE

# Of points in a row that are turned away, after which there are no more.
MOST_REJECTED = 5_000
_SECONDS_IDLE = 0.2


class WithinBudget:
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
        # A chief ends when nobody is left that has asked it. One that starts
        # late would wait for it in vain.
        self.tuner_ids.update(roles.expected_workers())
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
