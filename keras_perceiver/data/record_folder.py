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


def finish(folder, summary, problems, *, is_usable, sources):
    """Writes what came out of it: `problems.csv`, and `summary.json` last.

    Args:
        folder: a `pathlib.Path`.
        summary: JSON-ready dictionary.
        problems: rows of name, reason and what was done.
        is_usable: whether there is any record.
        sources: what they were made of, such as `3 videos of a folder`.

    Raises:
        ValueError: if nothing was usable.
    """
    rows = [list(map(errors.printable, row)) for row in problems]
    files.write_csv(folder / PROBLEMS, ["name", "reason", "done"], rows)
    if not is_usable:
        name, reason, _ = problems[0]
        raise ValueError(
            f"None of the {sources} can be used: {name} {reason} See "
            f"{folder / PROBLEMS}, and remove the folder before the next try."
        )
    files.write_json(folder / SUMMARY, summary)


def read_summary(folder):
    """Returns what `summary.json` says.

    Args:
        folder: a `pathlib.Path`.

    Raises:
        ValueError: if nothing was prepared there, or not to the end.
    """
    path = folder / SUMMARY
    if not path.is_file():
        raise ValueError(
            f"{folder} has no {SUMMARY}: nothing was prepared there, or it was "
            "not finished. Prepare it first."
        )
    return json.loads(path.read_text())
