"""Which rows of a user's own tables are for training, and which held out."""

import dataclasses

from keras_perceiver import errors
from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.labelled_texts.tables import Table

SUFFIXES = (".csv", ".tsv")
# What a file or a value in the column `split` may call a part.
_PARTS = {
    "training": ("train", "training"),
    "dev": ("dev", "val", "valid", "validation"),
    "test": ("test",),
}


@dataclasses.dataclass(frozen=True)
class Columns:
    """Which columns of a table are what.

    Attributes:
        text: the column of the text.
        second_text: that of the second text; None if there is one only.
        label: that of the class or score.
        split: that which says `train` or `dev` (or `test`, which counts where
            there is no `dev`); None to hold out a tenth of the texts, chosen
            by their hash.
    """

    text: str = "text"
    second_text: str | None = None
    label: str = "label"
    split: str | None = None

    def wanted(self):
        """Returns the columns that are read; the label is the last."""
        names = (self.text, self.second_text, self.label)
        return [name for name in names if name is not None]


@dataclasses.dataclass(frozen=True)
class OwnPart:
    """Rows of one part.

    Attributes:
        place: the name of the file that they are of.
        rows: pairs of a row's number and its values, as `Columns.wanted`.
    """

    place: str
    rows: list


def read_file(path, columns, left_out):
    """Returns an `OwnPart` for training and one held out, of one table.

    Args:
        path: the table.
        columns: a `Columns`.
        left_out: the `LeftOut` that counts rows of neither.
    """
    table = Table(path)
    if columns.split is None:
        sides = _by_hash(table.rows(columns.wanted(), left_out))
    else:
        rows = table.rows([*columns.wanted(), columns.split], left_out)
        sides = _by_name(path.name, rows, left_out)
    return tuple(OwnPart(path.name, rows) for rows in sides)


def read_folder(path, columns, left_out):
    """Does as `read_file` for a table for training and one held out.

    Raises:
        ValueError: if they are not there.
    """
    paths = tables_in(path)
    if len(paths) < 2:
        raise ValueError(
            f"{path} has no table for {'dev' if paths else 'training'}. "
            "Wanted: train.csv and dev.csv, or the same as .tsv."
        )
    return tuple(
        OwnPart(table.name, list(Table(table).rows(columns.wanted(), left_out)))
        for table in paths
    )


def tables_in(path):
    """Returns the tables in a folder: for training, and held out, if any.

    Raises:
        ValueError: if there are two for the same.
    """
    found = {name: [] for name in _PARTS}
    for entry in sorted(path.iterdir()):
        part = _part_of(entry.stem)
        if part and entry.suffix.lower() in SUFFIXES and entry.is_file():
            found[part].append(entry)
    for entries in found.values():
        if len(entries) > 1:
            raise ValueError(
                f"{path} has both {entries[0].name} and {entries[1].name}. "
                "Take one of them away."
            )
    if not found["training"]:
        return []
    return found["training"] + (found["dev"] or found["test"])


def _by_hash(rows):
    rows = list(rows)
    if not rows:
        return [], []
    is_heldout = selection.is_heldout([row[0].strip() for _, row in rows])
    sides = [], []
    for row, side in zip(rows, is_heldout, strict=True):
        sides[int(side)].append(row)
    return sides


def _by_name(place, rows, left_out):
    """Splits rows by what their last value calls a part."""
    sides = {name: [] for name in _PARTS}
    for number, (*row, name) in rows:
        name = name.decode(errors="backslashreplace")
        part = _part_of(name)
        if part:
            sides[part].append((number, row))
        else:
            left_out.add(
                place,
                "as their split is none of train, dev and test",
                number,
                f"of the split {errors.printable(name[:40])!r}",
            )
    if sides["dev"]:
        for number, _ in sides["test"]:
            left_out.add(place, "as dev is held out and not test", number)
    return sides["training"], sides["dev"] or sides["test"]


def _part_of(name):
    name = name.strip().lower()
    return next((part for part in _PARTS if name in _PARTS[part]), None)
