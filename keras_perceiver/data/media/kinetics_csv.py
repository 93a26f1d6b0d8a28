"""The official CSV of Kinetics, and the files that it names."""

import csv
import dataclasses
import math
import os
import pathlib
import re

from keras_perceiver import files

_COLUMNS = ("youtube_id", "time_start", "time_end")
_SPLITS = {
    "train": "train",
    "val": "validate",
    "validate": "validate",
    "validation": "validate",
    "test": "test",
}
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Of the usual names of files that have been cut: ID_000010_000020.
_DIGITS = 6


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the CSV: a part of a video, its label and split.

    `labels` has one, or none in a file without that column; `split` is None
    where the file says none.
    """

    youtube_id: str
    start: float
    end: float
    labels: tuple[str, ...]
    split: str | None

    @property
    def name(self):
        """The usual name of the part's own file, without the ending."""
        return (
            f"{self.youtube_id}_{math.floor(self.start):0{_DIGITS}}"
            f"_{math.floor(self.end):0{_DIGITS}}"
        )


def read(path):
    """Returns the rows of a CSV, each once.

    Raises:
        ValueError: if a column is missing or a value is none.
    """
    table = files.read_csv(path, csv.DictReader)
    missing = [name for name in _COLUMNS if not table or name not in table[0]]
    if missing:
        raise ValueError(
            f"{path} has no column {missing[0]!r}, or no rows. Wanted: "
            "label,youtube_id,time_start,time_end,split."
        )
    rows = {}
    for number, values in enumerate(table, 2):
        try:
            row = _row(values)
        except (ValueError, TypeError) as error:
            raise ValueError(f"Row {number:,} of {path}: {error}") from None
        if row.name in rows:
            raise ValueError(f"Row {number:,} of {path} is there before.")
        rows[row.name] = row
    return list(rows.values())


def files_by_stem(folder):
    """Returns the files in a folder and those within, by name less ending."""
    found = {}
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".")
        )
        for name in sorted(names):
            path = pathlib.Path(here, name)
            if not name.startswith(".") and path.suffix.lower() != ".csv":
                found.setdefault(path.stem, path)
    return found


def place(row, by_stem):
    """Returns a row's file, and from where to where it is to be read.

    A file of the part alone is preferred, and read whole.

    Args:
        row: a `Row`.
        by_stem: of `files_by_stem`.

    Returns:
        A path, or None; seconds; and seconds, or None for the end.
    """
    if row.name in by_stem:
        return by_stem[row.name], 0.0, None
    return by_stem.get(row.youtube_id), row.start, row.end


def _row(values):
    youtube_id = values["youtube_id"]
    if not _ID.fullmatch(youtube_id or ""):
        raise ValueError(f"{youtube_id!r} is no id of a video.")
    start, end = float(values["time_start"]), float(values["time_end"])
    if not (0 <= start < end < math.inf):
        raise ValueError(f"from {start} to {end} s is no time.")
    split = values.get("split") or None
    if split is not None and split not in _SPLITS:
        raise ValueError(
            f"the split {split!r} is none of {', '.join(_SPLITS)}."
        )
    labels = (values["label"],) if values.get("label") else ()
    return Row(youtube_id, start, end, labels, _SPLITS.get(split))
