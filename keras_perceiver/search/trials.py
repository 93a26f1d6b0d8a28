"""The trials of a search on disk: a JSON line for each."""

import json
import pathlib
import re

from keras_perceiver import files

FILE = "trials.jsonl"
_TRIAL = re.compile(r'{"trial": "(\w+)"')


class TrialLog:
    """Reads and writes `trials.jsonl`, also from several processes at once.

    Args:
        folder: the folder of the search, which exists.
    """

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / FILE

    def read(self):
        """Returns the records of all trials, in the order of their numbers."""
        return [json.loads(line) for line in self._lines().values()]

    def find(self, trial):
        """Returns the record of a trial, or None."""
        line = self._lines().get(trial)
        return line and json.loads(line)

    def write(self, record):
        """Adds a record, or replaces the one of the same trial."""
        with files.locked(self.path):
            lines = self._lines()
            lines[record["trial"]] = json.dumps(record)
            text = "\n".join(lines[trial] for trial in sorted(lines))
            files.write_text(self.path, text + "\n")

    def _lines(self):
        """Lines by trial, unread: a long search has thousands of them."""
        if not self.path.exists():
            return {}
        lines = self.path.read_text().splitlines()
        return {_TRIAL.match(line)[1]: line for line in lines}
