"""Which replays a user named, and on which side of the split a game lies."""

import dataclasses
import os
import pathlib

TRAIN = "train"
VALIDATE = "validate"
SUFFIX = ".sc2replay"
HELDOUT_SHARE = 0.2
WANTED = "a folder with .SC2Replay files, also in folders of it"
_DIGITS = 12


@dataclasses.dataclass(frozen=True)
class Replay:
    """A file.

    Attributes:
        path: where it is.
        name: what to call it; different for each.
    """

    path: str
    name: str


def find_replays(source):
    """Lists the replays of a folder. Nothing is read.

    Args:
        source: the folder.

    Returns:
        List of `Replay`, by name.

    Raises:
        ValueError: if there are none.
    """
    root = pathlib.Path(source).expanduser()
    if not root.is_dir():
        raise ValueError(f"--data {source}: no such folder. Wanted: {WANTED}.")
    # Links are not followed: folders may hold themselves.
    found = [
        pathlib.Path(folder, name)
        for folder, _, names in os.walk(root)
        for name in names
        if name.lower().endswith(SUFFIX)
    ]
    if not found:
        raise ValueError(f"--data {source} has no replays. Wanted: {WANTED}.")
    return sorted(
        (
            Replay(
                str(path),
                os.fsencode(path.relative_to(root)).decode(
                    "utf-8", "backslashreplace"
                ),
            )
            for path in found
        ),
        key=lambda replay: replay.name,
    )


def split_of(identity):
    """Returns the split of a game: all its moments are on one side.

    A game stays there when others come and go, and so does every recording of
    it, under any name.

    Args:
        identity: what `Game.identity` gives.
    """
    share = int(identity[:_DIGITS], 16) / 16**_DIGITS
    return VALIDATE if share < HELDOUT_SHARE else TRAIN
