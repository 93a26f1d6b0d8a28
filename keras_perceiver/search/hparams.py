"""Trials for TensorBoard's HParams tab."""

import contextlib
import pathlib

import tensorflow as tf

from keras_perceiver.search.outcomes import is_number

CURVE_TAG = "heldout"
VALUE_TAG = "value"
_COSTS = ("params", "flops", "memory", "latency_ms")


def write_hparams(folder, records):
    """Writes a run for each trial under `folder/tensorboard`.

    Event files cannot be shortened, so each call deletes those that are there
    and writes them anew. One process of a search calls it.

    Args:
        folder: the search's.
        records: lines of `trials.jsonl`.
    """
    # Slow to import, and of no use where nobody writes events.
    from tensorboard.plugins.hparams import api

    top = pathlib.Path(folder) / "tensorboard"
    for path in top.rglob("events.out.tfevents.*"):
        path.unlink()
    columns = _columns(records)
    metrics = [
        api.Metric(VALUE_TAG, display_name="objective"),
        *(api.Metric(f"cost/{name}", display_name=name) for name in _COSTS),
    ]
    hparams = [
        api.HParam(name, _domain(api, column))
        for name, column in columns.items()
    ]
    with _writing(top):
        api.hparams_config(hparams, metrics)
    for place, record in enumerate(records):
        with _writing(top / _folder_name(record["trial"])):
            api.hparams(
                {name: column[place] for name, column in columns.items()},
                trial_id=record["trial"],
            )
            _write_scalars(record)


def _write_scalars(record):
    """The curve by step; value and costs at its last step."""
    step = 0
    for at, value in record["curve"]:
        step = int(at)
        if is_number(value):
            tf.summary.scalar(CURVE_TAG, value, step=step)
    if is_number(record["value"]):
        tf.summary.scalar(VALUE_TAG, record["value"], step=step)
    for name in _COSTS:
        if is_number(record["cost"].get(name)):
            tf.summary.scalar(f"cost/{name}", record["cost"][name], step=step)


def _columns(records):
    """The choices of all trials by name, each of one type.

    HParams sorts and filters numbers only where all trials have one.
    """
    columns = {}
    for name in dict.fromkeys(
        name for record in records for name in record["choices"]
    ):
        column = [record["choices"].get(name) for record in records]
        is_numbers = all(map(is_number, column))
        columns[name] = [
            float(chosen)
            if is_numbers
            else "null"
            if chosen is None
            else str(chosen)
            for chosen in column
        ]
    return columns


def _domain(api, column):
    if isinstance(column[0], float):
        return api.RealInterval(min(column), max(column))
    return api.Discrete(sorted(set(column)))


def _folder_name(trial):
    """A trial's number; not a path that leads elsewhere."""
    if not trial.replace("_", "").replace("-", "").isalnum():
        raise ValueError(
            "A trial's name has letters, digits, - and _ alone. "
            f"Received: {trial!r}"
        )
    return trial


@contextlib.contextmanager
def _writing(path):
    """Summaries in the block go to an event file there."""
    writer = tf.summary.create_file_writer(str(path))
    with writer.as_default():
        yield
    writer.close()
