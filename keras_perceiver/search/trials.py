"""The trials of a search on disk: a JSON line for each."""

import contextlib
import fcntl
import json
import pathlib

from keras_perceiver import files

FILE = "trials.jsonl"


class TrialLog:
    """Reads and writes `trials.jsonl`, also from several processes at once.

    Args:
        folder: the folder of the search, which exists.
    """

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / FILE

    def read(self):
        """Returns the records of all trials, in the order of their numbers."""
        if not self.path.exists():
            return []
        lines = self.path.read_text().splitlines()
        return [json.loads(line) for line in lines]

    def find(self, trial):
        """Returns the record of a trial, or None."""
        return next((one for one in self.read() if one["trial"] == trial), None)

    def write(self, record):
        """Adds a record, or replaces the one of the same trial."""
        with self._locked():
            records = {one["trial"]: one for one in self.read()}
            records[record["trial"]] = record
            lines = [json.dumps(records[name]) for name in sorted(records)]
            files.write_text(self.path, "\n".join(lines) + "\n")

    @contextlib.contextmanager
    def _locked(self):
        # A file of its own, since the other is replaced.
        with open(self.path.with_name(f".{FILE}.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
