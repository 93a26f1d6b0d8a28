"""A folder that records are prepared in, once, whoever wants it.

What it is prepared of is written down first, in `plan.json`; what came out of
it last, in `summary.json`.
"""

import contextlib
import fcntl
import json
import pathlib
import shutil
import tempfile

from keras_perceiver import errors
from keras_perceiver import files

SUMMARY = "summary.json"
PROBLEMS = "problems.csv"
PLAN = "plan.json"
_UNFINISHED = ".unfinished-"


def claim(folder, plan):
    """Makes the folder, or finds in it what the same plan began.

    Args:
        folder: a `pathlib.Path`.
        plan: JSON-ready dictionary.

    Raises:
        ValueError: if something else is in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PLAN
    if path.exists():
        began = json.loads(path.read_text())
        if began == plan:
            return
        changed = [
            key for key in plan if key not in began or plan[key] != began[key]
        ]
        raise ValueError(
            f"{folder} was prepared with other {', '.join(sorted(changed))}. "
            "Name another folder, or remove this one."
        )
    strangers = sorted(entry.name for entry in folder.iterdir())
    if strangers:
        raise ValueError(
            f"{folder} is not empty, and has no {PLAN}: it has "
            f"{strangers[0]!r}. Name another folder."
        )
    files.write_json(path, plan)


@contextlib.contextmanager
def alone(folder):
    """Keeps other processes out of a claimed folder, and yields one within.

    What is in that is removed at the end; what was left by a run that was
    killed, at the begin.

    Raises:
        ValueError: if another process is preparing the same folder.
    """
    with open(folder / PLAN) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"Another process is preparing {folder}. Wait for it, or name "
                "another folder."
            ) from None
        for left in folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(
            dir=folder, prefix=_UNFINISHED
        ) as place:
            yield pathlib.Path(place)


def write_problems(path, rows):
    """Writes `problems.csv`: name, reason and what was done."""
    rows = [list(map(errors.printable, row)) for row in rows]
    files.write_csv(path, ["name", "reason", "done"], rows)
