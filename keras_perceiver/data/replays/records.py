"""Makes TFRecords of the moments of games, once; training reads them.

Each game has a file of its own, and a JSON file beside it, written after it.
"""

import collections
import concurrent.futures
import dataclasses
import functools
import hashlib
import json
import os
import pathlib

import tensorflow as tf

from keras_perceiver import files
from keras_perceiver.data import record_folder
from keras_perceiver.data.replays import isolated
from keras_perceiver.data.replays import record_features
from keras_perceiver.data.replays import schema
from keras_perceiver.data.replays import sources
from keras_perceiver.data.replays.events import ReplayError
from keras_perceiver.data.replays.moments import Moments

SKIPPED = "skipped"
_NO_MOMENT = "has no moment at which a player selected own units."
# Of the records' form and of what a moment is.
_VERSION = 1


def prepare(source, folder, limits=None, processes=None):
    """Makes records of all replays of a folder, or of those still missing.

    Each replay is read in a process of its own. One that cannot be used is
    skipped; `problems.csv` says why. A run that was cut off goes on behind
    its last finished game.

    Args:
        source: the folder of replays.
        folder: where the records are written.
        limits: `isolated.Limits`; None for the usual ones.
        processes: replays read at a time; None for one on each processor.

    Returns:
        What `summary.json` says.

    Raises:
        ImportError: if sc2reader is missing.
        ValueError: if the folder has something else, or nothing was usable.
    """
    limits = limits or isolated.Limits()
    replays = sources.find_replays(source)
    return _prepare(
        folder,
        [replay.name for replay in replays],
        {"replays": _stamps(replays), **dataclasses.asdict(limits)},
        [
            functools.partial(isolated.read_game, replay.path, limits)
            for replay in replays
        ],
        str(source),
        processes or len(os.sched_getaffinity(0)),
    )


def prepare_made(games, folder, description, plan):
    """Makes records of games that are made up, not read.

    Args:
        games: functions without arguments that return a `Game` each, by name.
        folder: where the records are written.
        description: for people.
        plan: JSON-ready dictionary of what they depend on.

    Returns:
        What `summary.json` says.
    """
    return _prepare(
        folder, list(games), plan, list(games.values()), description, 1
    )


def _prepare(folder, names, plan, reads, description, processes):
    folder = pathlib.Path(folder).expanduser()
    record_folder.claim(
        folder, {"version": _VERSION, "columns": list(schema.COLUMNS), **plan}
    )
    missing = [
        number
        for number in range(len(names))
        if not _notes_path(folder, number).is_file()
    ]
    if missing:
        _write_missing(folder, names, missing, reads, processes)
    summary, problems = _summarize(folder, names, description)
    record_folder.write_problems(folder / record_folder.PROBLEMS, problems)
    if not summary["moments"]:
        name, reason, _ = problems[0]
        raise ValueError(
            f"None of the {len(names):,} replays of {description} can be "
            f"used: {name} {reason} See {folder / record_folder.PROBLEMS}, "
            "and remove the folder before the next try."
        )
    files.write_json(folder / record_folder.SUMMARY, summary)
    return summary


def _write_missing(folder, names, missing, reads, processes):
    with (
        record_folder.alone(folder),
        concurrent.futures.ThreadPoolExecutor(processes) as pool,
    ):
        found = pool.map(_read, [reads[number] for number in missing])
        for number, game in zip(missing, found, strict=True):
            notes = {"name": names[number], "moments": 0}
            if isinstance(game, ReplayError):
                notes["skipped"] = str(game)
            else:
                notes |= _written(folder, number, game)
            files.write_json(_notes_path(folder, number), notes)


def _read(read):
    try:
        return read()
    except ReplayError as problem:
        return problem


def _written(folder, number, game):
    try:
        return _write_game(folder, number, game)
    except ReplayError as problem:
        return {"skipped": str(problem)}


def _write_game(folder, number, game):
    moments, sizes = Moments(game), []
    with (
        files.replacing(records_path(folder, number)) as temporary,
        tf.io.TFRecordWriter(str(temporary)) as writer,
    ):
        for moment in moments:
            writer.write(record_features.example(moment))
            sizes.append(len(moment.units))
    identity = game.identity()
    return {
        "identity": identity,
        "split": sources.split_of(identity),
        "map": game.map_name,
        "races": [player.race for player in game.players],
        "moments": len(sizes),
        "num_entities": sizes,
        "left_out": dict(sorted(moments.left_out.items())),
        "skipped": "" if sizes else _NO_MOMENT,
    }


def records_path(folder, number):
    """Returns the TFRecord file of a game."""
    return folder / f"game-{number:06d}.tfrecord"


def _notes_path(folder, number):
    return records_path(folder, number).with_suffix(".json")


def _summarize(folder, names, description):
    """What `summary.json` says, and the rows of `problems.csv`."""
    problems, games, first_of = [], [], {}
    left_out = collections.Counter()
    for number, name in enumerate(names):
        notes = json.loads(_notes_path(folder, number).read_text())
        if notes["skipped"]:
            problems.append((name, notes["skipped"], SKIPPED))
            continue
        other = first_of.setdefault(notes["identity"], name)
        if other != name:
            reason = f"is another recording of {other}."
            problems.append((name, reason, SKIPPED))
            continue
        left_out.update(notes["left_out"])
        games.append({"number": number, **notes})
    moments = collections.Counter()
    for game in games:
        moments[game["split"]] += game["moments"]
    counts = collections.Counter(game["split"] for game in games)
    return {
        "description": description,
        "replays": len(names),
        "skipped": len(problems),
        "games_of_split": dict(sorted(counts.items())),
        "moments": sum(moments.values()),
        "moments_of_split": dict(sorted(moments.items())),
        "left_out": dict(sorted(left_out.items())),
        "games": games,
    }, sorted(problems)


def _stamps(replays):
    """Tells these files from all others."""
    digest = hashlib.sha256()
    for replay in replays:
        status = os.stat(replay.path)
        stamp = [replay.name, status.st_size, status.st_mtime_ns]
        digest.update(json.dumps(stamp).encode() + b"\n")
    return digest.hexdigest()
