"""Makes TFRecords of clouds of points, once; training reads them.

| feature | what |
| --- | --- |
| `points` | float32, little endian, `(n, 3)` in random order |
| `label` | the number of the class |

Each file of records has a JSON file beside it, written after it.
"""

import collections
import dataclasses
import functools
import hashlib
import json
import pathlib
import time
from collections.abc import Callable

import tensorflow as tf

from keras_perceiver import files
from keras_perceiver.data import record_folder
from keras_perceiver.data.point_clouds import reading
from keras_perceiver.data.point_clouds.limits import Limits
from keras_perceiver.data.point_clouds.limits import ShapeError

POINTS = "points"
LABEL = "label"
_SKIPPED = "skipped"
_SHAPES_PER_FILE = 256
_SECONDS_BETWEEN_LINES = 10
# Of the records' form and of how points are drawn.
_VERSION = 1
_SEED = 20_210_304


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a cloud is made of.

    Attributes:
        name: different for each.
        class_name: what it shows.
        split: `sources.TRAIN` or `sources.HELDOUT`.
        read: from nothing to points, float32 `(n, 3)`; raises `ShapeError`.
    """

    name: str
    class_name: str
    split: str
    read: Callable


def prepare(found, folder, description, num_points, limits=None):
    """Makes records of all files, or of those still missing.

    One that cannot be used is skipped; `problems.csv` says why. A run that
    was cut off goes on behind its last finished file of records.

    Args:
        found: list of `sources.ShapeFile`.
        folder: where the records are written.
        description: for people.
        num_points: how many points of a shape are kept, at most.
        limits: `Limits`; None for the usual ones.

    Returns:
        What `summary.json` says.

    Raises:
        ValueError: if the folder has something else, or nothing was usable.
    """
    limits = limits or Limits()
    stamps = json.dumps([(file.name, file.size, file.split) for file in found])
    plan = {
        "files": _digest(stamps),
        **dataclasses.asdict(limits),
    }
    shapes = [
        Shape(
            file.name,
            file.class_name,
            file.split,
            functools.partial(
                reading.read_points,
                file.path,
                num_points,
                seed_of(file.name),
                limits,
            ),
        )
        for file in found
    ]
    return prepare_made(shapes, folder, description, num_points, plan)


def seed_of(name):
    """Returns what decides which points of a file are drawn."""
    return [_SEED, int(_digest(name)[:12], 16)]


def prepare_made(shapes, folder, description, num_points, plan):
    """Makes records of any shapes, such as made-up ones.

    Args:
        shapes: list of `Shape`.
        folder: as `prepare` takes it.
        description: as `prepare` takes it.
        num_points: as `prepare` takes it.
        plan: JSON-ready dictionary of what the points depend on besides.

    Returns:
        What `summary.json` says.
    """
    folder = pathlib.Path(folder).expanduser()
    class_names = sorted({shape.class_name for shape in shapes})
    plan = {"version": _VERSION, "points of a shape": num_points, **plan}
    record_folder.claim(folder, plan)
    parts = _parts_of(shapes)
    missing = [name for name in parts if not _notes_path(folder, name).exists()]
    if missing:
        with record_folder.alone(folder):
            _write_all(
                folder, {name: parts[name] for name in missing}, class_names
            )
    summary, problems = _summarize(folder, parts, class_names, description)
    record_folder.finish(
        folder,
        summary,
        problems,
        is_usable=any(part["labels"] for part in summary["parts"]),
        sources=f"{len(shapes):,} shapes of {description}",
    )
    return summary


def records_path(folder, name):
    """Returns the TFRecord file of a part."""
    return folder / f"{name}.tfrecord"


def _notes_path(folder, name):
    return folder / f"{name}.json"


def _parts_of(shapes):
    """Shapes by the name of the file that they go into."""
    parts = {}
    numbers = collections.Counter()
    for shape in shapes:
        number = numbers[shape.split] // _SHAPES_PER_FILE
        numbers[shape.split] += 1
        parts.setdefault(f"{shape.split}-{number:05d}", []).append(shape)
    return parts


def _write_all(folder, parts, class_names):
    """Writes parts one after the other, and now and then says how many."""
    said = time.monotonic()
    for done, (name, shapes) in enumerate(parts.items(), start=1):
        _write(folder, name, shapes, class_names)
        now = time.monotonic()
        if now - said >= _SECONDS_BETWEEN_LINES or done == len(parts):
            said = now
            print(f"records: {done:,} of {len(parts):,} files", flush=True)


def _write(folder, name, shapes, class_names):
    kept, labels, skipped = [], [], []
    numbers = {name: number for number, name in enumerate(class_names)}
    with (
        files.replacing(records_path(folder, name)) as temporary,
        tf.io.TFRecordWriter(str(temporary)) as writer,
    ):
        for shape in shapes:
            try:
                points = shape.read()
            except ShapeError as problem:
                skipped.append([shape.name, str(problem)])
                continue
            label = numbers[shape.class_name]
            writer.write(_record(points, label))
            kept.append(shape.name)
            labels.append(label)
    notes = {"names": kept, "labels": labels, "skipped": skipped}
    files.write_json(_notes_path(folder, name), notes)


def _record(points, label):
    content = tf.train.BytesList(value=[points.astype("<f4").tobytes()])
    feature = {
        POINTS: tf.train.Feature(bytes_list=content),
        LABEL: tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
    }
    return tf.train.Example(
        features=tf.train.Features(feature=feature)
    ).SerializeToString(deterministic=True)


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _summarize(folder, parts, class_names, description):
    """What `summary.json` says, and the rows of `problems.csv`."""
    found, problems = [], []
    for name, shapes in parts.items():
        notes = json.loads(_notes_path(folder, name).read_text())
        problems += [(*row, _SKIPPED) for row in notes["skipped"]]
        found.append(
            {
                "name": name,
                "split": shapes[0].split,
                "names": notes["names"],
                "labels": notes["labels"],
            }
        )
    shapes_of = collections.Counter()
    for part in found:
        shapes_of[part["split"]] += len(part["labels"])
    return {
        "description": description,
        "class_names": class_names,
        "shapes": sum(map(len, parts.values())),
        "skipped": len(problems),
        "shapes_of_split": dict(sorted(shapes_of.items())),
        "parts": found,
    }, sorted(problems)
