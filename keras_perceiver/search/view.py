"""What a user sees of a search that other processes do."""

import json
import pathlib
import time

from keras_perceiver.search import settings
from keras_perceiver.search import trials as trial_log

_SECONDS_BETWEEN_UPDATES = 1.0


class View:
    """A context with the live table, as soon as there is something to show.

    Args:
        folder: of the search.
        trials: how many it takes, or None.
        minutes: how long it takes, or None.
    """

    def __init__(self, folder, trials=None, minutes=None):
        self.folder = pathlib.Path(folder)
        self.trials = trials
        self.minutes = minutes
        self._table = None
        self._seen = None
        self._updated = 0.0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._show()
        if self._table:
            self._table.close()

    def update(self):
        """Shows where the search is now, unless that was a moment ago."""
        now = time.monotonic()
        if now - self._updated >= _SECONDS_BETWEEN_UPDATES:
            self._updated = now
            self._show()

    def say(self, text):
        """Prints a line of something else."""
        if self._table:
            self._table.say(text)
        else:
            print(text, flush=True)

    def _show(self):
        changed = [
            _changed(self.folder / name)
            for name in (
                settings.FILE,
                trial_log.FILE,
                settings.STATE_FILE,
            )
        ]
        if None in changed or changed == self._seen:
            return
        self._seen = changed
        if self._table is None:
            self._table = self._make_table()
        state = json.loads((self.folder / settings.STATE_FILE).read_text())
        self._table.update(
            trial_log.TrialLog(self.folder).read(), state["rejected"]
        )

    def _make_table(self):
        # Only where there is a search to show, since this loads Keras.
        from keras_perceiver.search.live_table import LiveTable

        kept = json.loads((self.folder / settings.FILE).read_text())
        return LiveTable(
            kept["objective"], kept["maximize"], self.trials, self.minutes
        )


def _changed(path):
    """When a file was last replaced; None if there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino
