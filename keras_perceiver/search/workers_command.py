"""Several workers for a script that searches, and what they leave behind."""

import json

from keras_perceiver.search import settings
from keras_perceiver.search.report import write_report
from keras_perceiver.search.search import found_in
from keras_perceiver.search.supervisor import WorkerDiedError
from keras_perceiver.search.supervisor import supervise


def search_workers(
    command, folder, *, workers, chief=None, trials=None, minutes=None
):
    """Runs a script that searches in several processes, and reports.

    Args:
        command: a list of words; the script calls
            `keras_perceiver.search.search` and ends.
        folder: the one that it searches in.
        workers: how many train at a time on this machine.
        chief: `HOST:PORT` for several machines, or None.
        trials: how many the search takes, if that is known.
        minutes: how long it takes, likewise.

    Returns:
        The record of the best trial. None if there is none, or the search
        is another machine's.

    Raises:
        ValueError: if the script has searched nothing.
    """
    try:
        is_whole = supervise(
            command,
            folder=folder,
            workers=workers,
            chief=chief,
            trials=trials,
            minutes=minutes,
        )
    except WorkerDiedError:
        if _has_begun(folder):
            _report(folder)
        raise
    if not is_whole:
        return None
    if not _has_begun(folder):
        raise ValueError(
            f"The script ended without a search in {folder}. It has to call "
            f"keras_perceiver.search.search(..., folder={str(folder)!r})."
        )
    return _report(folder)


def _has_begun(folder):
    # Written before the first trial.
    return (folder / settings.STATE_FILE).exists()


def _report(folder):
    kept = json.loads((folder / settings.FILE).read_text())
    state = json.loads((folder / settings.STATE_FILE).read_text())
    write_report(folder, state["rejected"])
    print(f"report: {folder / 'report.md'}")
    best = found_in(folder, kept["maximize"]).best
    if best is None:
        print("no trial came through: the report says why")
        return None
    print(
        f"best: trial {best['trial']}, {best['value']:.4g} "
        f"({kept['objective']}), {json.dumps(best['choices'])}"
    )
    return best
