"""Which files lie in the class folders of a folder."""

import concurrent.futures
import os
import stat

from keras_perceiver import errors

HELDOUT_FOLDERS = ("val", "validation", "test")
# Listing waits for the disk, or for a network.
_LISTED_AT_ONCE = 16
_HOW = (
    "Wanted: a folder for each class with its files in it, FOLDER/CLASS/*, "
    "or FOLDER/train/CLASS/* and FOLDER/val/CLASS/*; name it with --data "
    "FOLDER."
)


def scan_parts(root):
    """Finds the files of each class, of one part or of two.

    Args:
        root: a folder. If there is a folder `train` in it, that has the class
            folders, and the first there is of `HELDOUT_FOLDERS` those that
            are held out.

    Returns:
        List of pairs: the name of a part, "" for the whole, and what `scan`
        finds in it.

    Raises:
        ValueError: as from `scan`, or if a held-out class is none of
            training's.
    """
    if not (root / "train").is_dir():
        return [("", scan(root, ""))]
    parts = ["train"]
    parts += [name for name in HELDOUT_FOLDERS if (root / name).is_dir()][:1]
    found = [scan(root, part) for part in parts]
    _check_same_classes(found[0], found[-1])
    return list(zip(parts, found, strict=True))


def scan(root, part):
    """Finds the files of each class.

    Args:
        root: a folder.
        part: the name of the folder in it that has the class folders, or "".

    Returns:
        By the name of a class, a list of pairs: a file's path from `root` as
        bytes, and its size, -1 where a link leads nowhere.

    Raises:
        ValueError: if there are no class folders, one is empty, or files lie
            beside them.
    """
    folder = root / part
    # Beside the class folders of the whole it tells of the files.
    files_meant = {"columns.csv"} if not part else set()
    class_names, strays = [], []
    for entry in _visible(folder):
        if entry.is_dir():
            class_names.append(entry.name)
        elif entry.name not in files_meant:
            strays.append(entry.name)
    class_names.sort()
    if not class_names:
        raise ValueError(
            f"{folder} has no class folders, but {len(strays):,} files. {_HOW}"
        )
    if strays:
        raise ValueError(
            f"{len(strays):,} files lie beside the class folders of {folder}, "
            f"such as {min(strays)!r}. Move them into the folder of their "
            "class, or away."
        )
    for name in class_names:
        _check_text(name, folder)
    prefix = os.fsencode(part) + b"/" if part else b""
    with concurrent.futures.ThreadPoolExecutor(_LISTED_AT_ONCE) as pool:
        found = pool.map(
            lambda name: list(
                _files_below(folder / name, prefix + os.fsencode(name), ())
            ),
            class_names,
        )
        classes = dict(zip(class_names, found, strict=True))
    empty = [name for name, files in classes.items() if not files]
    if empty:
        raise ValueError(
            f"The class folder {str(folder / empty[0])!r} is empty"
            + (f", and {len(empty) - 1:,} more" if len(empty) > 1 else "")
            + ". Put files of the class into it, or remove it."
        )
    return classes


def _check_same_classes(training, heldout):
    unknown = sorted(set(heldout) - set(training))
    if unknown:
        raise ValueError(
            f"{len(unknown):,} held-out classes have no folder in train, such "
            f"as {unknown[0]!r}{errors.did_you_mean(unknown[0], training)}"
        )


def _files_below(folder, name, above):
    """Yields the name and size of each file, in folders within too."""
    status = os.stat(folder)
    this = (status.st_dev, status.st_ino)
    if this in above:
        raise ValueError(
            f"{folder} is a link to a folder that it lies in. Remove the link."
        )
    for entry in _visible(folder):
        entry_name = name + b"/" + os.fsencode(entry.name)
        if entry.is_dir():
            yield from _files_below(entry.path, entry_name, (*above, this))
            continue
        try:
            status = entry.stat()
        except OSError:
            yield entry_name, -1
            continue
        if not stat.S_ISREG(status.st_mode):
            # Reading a pipe would wait for ever.
            raise ValueError(
                f"{entry.path} is neither a file nor a folder. Remove it."
            )
        yield entry_name, status.st_size


def _visible(folder):
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]


def _check_text(name, folder):
    """Class names become text in messages and exports."""
    if not name.isprintable():
        raise ValueError(
            f"The name of the class folder {name!r} in {folder} has characters "
            "that cannot be shown. Rename it."
        )
