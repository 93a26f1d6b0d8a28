"""The option `--picture` among the words of `predict`."""

import pathlib

from keras_perceiver import files

OPTION = "--picture"


def split_picture(words, of_one=None):
    """Returns the other words, and the path behind `--picture` or None.

    Args:
        words: of `predict`.
        of_one: what each other word names, such as `"image"`, if a picture
            shows one of them alone.

    Raises:
        ValueError: if no path that a PNG could be written to stands there,
            or it would have to show several.
    """
    words = list(words)
    if OPTION not in words:
        return words, None
    place = words.index(OPTION)
    path = pathlib.Path(*words[place + 1 : place + 2])
    if path.suffix.lower() != ".png":
        raise ValueError(
            f"{OPTION} takes a file that ends in .png. Received: "
            f"{' '.join(words[place : place + 2])}"
        )
    if not path.parent.is_dir():
        raise ValueError(f"{OPTION} {path}: there is no folder {path.parent}.")
    others = words[:place] + words[place + 2 :]
    if of_one and len(others) > 1:
        raise ValueError(
            f"{OPTION} is drawn of one {of_one}. Received: {len(others)}"
        )
    return others, path


def write_picture(path, picture):
    """Writes the bytes of a PNG, and returns a line that says so."""
    files.write_bytes(path, picture)
    return f"written: {path}"
