"""Which files of shapes a user named, their classes and their split."""

import dataclasses
import os
import pathlib

from keras_perceiver.data import class_folders
from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.point_clouds import reading

TRAIN = "train"
HELDOUT = "heldout"
WANTED = (
    "a folder CLASS/train/*.off and CLASS/test/*.off as ModelNet40 has, or a "
    f"folder of class folders with {', '.join(reading.SUFFIXES)}"
)


@dataclasses.dataclass(frozen=True)
class ShapeFile:
    """A file of a shape.

    Attributes:
        path: where it is.
        name: its path in the folder that was named, as text.
        size: in bytes.
        class_name: what it shows.
        split: `TRAIN` or `HELDOUT`.
    """

    path: str
    name: str
    size: int
    class_name: str
    split: str


def find_shapes(source):
    """Lists the files of class folders. Nothing is read.

    Held out is what lies in folders `test`, `val` or `validation`, of each
    class or beside a folder `train` of class folders. Where there are none, a
    tenth is, by the hash of the files' names.

    Args:
        source: the folder.

    Returns:
        List of `ShapeFile`, by name.

    Raises:
        ValueError: if there is no such folder, or it is laid out in another
            way.
    """
    root = pathlib.Path(source).expanduser()
    if not root.is_dir():
        raise ValueError(f"--data {source}: no such folder. Wanted: {WANTED}.")
    found = [
        (path, size, class_name, part)
        for part, classes in class_folders.scan_parts(root)
        for class_name, paths in classes.items()
        for path, size in paths
    ]
    found.sort()
    names = [os.fsdecode(path) for path, *_ in found]
    is_heldout = _heldout_of([part for *_, part in found], names)
    return [
        ShapeFile(
            str(root / name),
            os.fsencode(name).decode("utf-8", "backslashreplace"),
            size,
            class_name,
            HELDOUT if held else TRAIN,
        )
        for name, (_, size, class_name, _), held in zip(
            names, found, is_heldout, strict=True
        )
    ]


def _heldout_of(parts, names):
    """Whether each file is held out."""
    if any(parts):
        return [part != "train" for part in parts]
    # CLASS/SPLIT/NAME, as ModelNet40 is.
    within = [name.split("/")[1] for name in names]
    if set(within) <= {"train", *class_folders.HELDOUT_FOLDERS}:
        return [part != "train" for part in within]
    return selection.is_heldout([os.fsencode(name) for name in names]).tolist()
