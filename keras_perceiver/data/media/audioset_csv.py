"""The official tables of AudioSet, and the files that their rows name."""

import collections
import csv
import dataclasses
import functools
import math
import os
import pathlib
import re

from keras_perceiver import files

CLASS_LABELS = "class_labels_indices.csv"
# By file, the split that its segments belong to.
SEGMENTS = {
    "balanced_train_segments.csv": "train",
    "unbalanced_train_segments.csv": "train",
    "eval_segments.csv": "validate",
}
# A file of sound alone is taken where there is no video.
_SOUND_ALONE = {
    *(".wav", ".flac", ".mp3", ".ogg", ".oga"),
    *(".opus", ".m4a", ".aac"),
}
_LABEL_COLUMNS = ["index", "mid", "display_name"]
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SEPARATORS = "_.-"
_NUM_FIELDS = 4


@dataclasses.dataclass(frozen=True)
class Segment:
    """A row: a part of a video, and the ids of what is heard in it."""

    youtube_id: str
    start: float
    end: float
    mids: tuple[str, ...]

    @property
    def name(self):
        """What to call it."""
        return f"{self.youtube_id}_{self.start:.3f}"


def read_segments(path):
    """Returns the `Segment`s of an official table, each once.

    Lines that begin with `#` are left out.

    Raises:
        ValueError: if a row is none, is there twice, or there is none.
    """
    reader = functools.partial(csv.reader, skipinitialspace=True)
    segments = {}
    for number, fields in enumerate(files.read_csv(path, reader), 1):
        if not fields or fields[0].startswith("#"):
            continue
        try:
            segment = _segment(fields)
        except ValueError as error:
            raise ValueError(
                f"Row {number:,} of {path}: {error} Wanted: YTID, "
                'start_seconds, end_seconds, "label,label".'
            ) from None
        if segment.name in segments:
            raise ValueError(f"Row {number:,} of {path} is there before.")
        segments[segment.name] = segment
    if not segments:
        raise ValueError(f"{path} has no segments.")
    return list(segments.values())


def read_class_labels(path):
    """Returns the names of all classes by their ids, in their order.

    Args:
        path: `class_labels_indices.csv`.

    Raises:
        ValueError: if columns, numbers or names are not as they should be.
    """
    table = files.read_csv(path, csv.DictReader)
    if not table or list(table[0]) != _LABEL_COLUMNS:
        raise ValueError(
            f"{path} has no rows, or other columns than "
            f"{','.join(_LABEL_COLUMNS)}."
        )
    names = {}
    for number, row in enumerate(table):
        if row["index"] != str(number):
            raise ValueError(
                f"Row {number + 2:,} of {path} has index {row['index']!r}, and "
                f"{number} comes next."
            )
        names[row["mid"]] = row["display_name"]
    for what in ("mid", "display_name"):
        values = [row[what] for row in table]
        twice = [v for v, n in collections.Counter(values).items() if n > 1]
        if twice or not all(values):
            raise ValueError(
                f"A {what} of {path} is empty, or there twice: {twice[:3]}."
            )
    return names


class FilesById:
    """The files in a folder and those within, found by ids of videos.

    Args:
        folder: a path.
    """

    def __init__(self, folder):
        self._by_begin = {}
        for here, folders, names in os.walk(folder):
            folders[:] = sorted(
                name for name in folders if not name.startswith(".")
            )
            for name in sorted(names, key=_videos_first):
                path = pathlib.Path(here, name)
                if name.startswith(".") or path.suffix.lower() == ".csv":
                    continue
                for begin in _begins(path.stem):
                    stems = self._by_begin.setdefault(begin, {})
                    stems.setdefault(path.stem, path)

    def find(self, segment, is_cut=False):
        """Returns a segment's file, and from where to where to read it.

        A file of the segment alone has its start behind the id, in seconds or
        milliseconds, such as `ID_30.mp4`, `ID_30.000.wav`, `ID_30000_40000`
        or `ID_000030_000040`, and is read whole. One that has the id alone is
        the video that it is cut out of.

        Args:
            segment: a `Segment`.
            is_cut: whether files named by the id alone are segments too.

        Returns:
            A path, or None; seconds; and seconds, or None for the end.
        """
        youtube_id = segment.youtube_id
        stems = self._by_begin.get(youtube_id, {})
        for stem, path in stems.items():
            behind = stem[len(youtube_id) + 1 :]
            if behind and _is_start(behind, segment.start):
                return path, 0.0, None
        if is_cut:
            return stems.get(youtube_id), 0.0, None
        return stems.get(youtube_id), segment.start, segment.end


def _segment(fields):
    if len(fields) != _NUM_FIELDS:
        raise ValueError(f"has {len(fields)} fields.")
    youtube_id, start, end, labels = fields
    if not _ID.fullmatch(youtube_id):
        raise ValueError(f"{youtube_id!r} is no id of a video.")
    start, end = float(start), float(end)
    if not 0 <= start < end < math.inf:
        raise ValueError(f"from {start} to {end} s is no time.")
    mids = tuple(filter(None, labels.split(",")))
    if not mids:
        raise ValueError("has no labels.")
    return Segment(youtube_id, start, end, mids)


def _videos_first(name):
    return pathlib.Path(name).suffix.lower() in _SOUND_ALONE, name


def _begins(stem):
    """The parts of a name that may be an id: all, or up to a separator."""
    yield stem
    for place, letter in enumerate(stem):
        if place and letter in _SEPARATORS:
            yield stem[:place]


def _is_start(text, start):
    """Whether what is behind an id begins with the segment's start."""
    first = text.partition("_")[0]
    try:
        number = float(first)
    except ValueError:
        return False
    return number in (start, math.floor(start), round(1000 * start))
