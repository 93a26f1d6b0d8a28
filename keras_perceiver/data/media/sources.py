"""Where videos come from, by the words of a user."""

import dataclasses
import math
import os
import pathlib

from keras_perceiver.data import class_folders
from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.media import kinetics_csv

TRAIN = "train"
VALIDATE = "validate"
SPLIT_NAMES = {
    "train": TRAIN,
    "val": VALIDATE,
    "validate": VALIDATE,
    "test": "test",
}
# Of fewer videos none is held out.
FEWEST_TO_SPLIT = 10
WANTED = (
    "a folder of class folders with videos (also in folders train and val), a "
    "folder of videos, or Kinetics's CSV (label,youtube_id,time_start,"
    "time_end,split) with the videos beside it"
)


@dataclasses.dataclass(frozen=True)
class Video:
    """A file, or a part of it, to be made clips of.

    Attributes:
        path: the file.
        name: what to call it; different for each.
        start: seconds from the first frame.
        end: seconds from the first frame; None for the whole file.
        labels: names of its classes; none, one or several.
        split: `train`, `validate` or `test`.
    """

    path: str
    name: str
    start: float = 0.0
    end: float | None = None
    labels: tuple[str, ...] = ()
    split: str = TRAIN

    def __post_init__(self):
        end = math.inf if self.end is None else self.end
        if not 0 <= self.start < end:
            raise ValueError(
                f"{self.name} is to be read from {self.start} to {self.end} s, "
                "which is no time."
            )


@dataclasses.dataclass(frozen=True)
class Videos:
    """All videos of a source.

    Attributes:
        description: for people.
        videos: list of `Video`.
        class_names: list of strings, in the order of their numbers; empty
            without labels.
        missing: pairs of a name and a reason, for what is named and not there.
    """

    description: str
    videos: list
    class_names: list
    missing: list = dataclasses.field(default_factory=list)


def find_videos(source, folder=None):
    """Lists the videos that a user named. Nothing is decoded.

    A folder without class folders gives videos without labels. Where no split
    is named, a tenth is held out, chosen by hash of the names; of fewer than
    10 videos none.

    Args:
        source: a folder, or a CSV file.
        folder: where the files of the CSV lie; None for beside it.

    Returns:
        `Videos`.

    Raises:
        ValueError: if there are none.
    """
    path = pathlib.Path(source).expanduser()
    if path.is_file() and path.suffix.lower() == ".csv":
        beside = pathlib.Path(folder).expanduser() if folder else path.parent
        found = _from_csv(path, beside)
    elif path.is_dir():
        found = _from_folder(path)
    else:
        what = "no CSV file" if path.is_file() else "no such file or folder"
        raise ValueError(f"--data {source}: {what}. Wanted: {WANTED}.")
    return with_splits(found)


def _from_csv(path, folder):
    rows = kinetics_csv.read(path)
    places = kinetics_csv.files_by_stem(folder)
    videos, missing = [], []
    for row in rows:
        place, start, end = kinetics_csv.place(row, places)
        if place is None:
            missing.append((row.name, f"has no file in {folder}."))
            continue
        videos.append(
            Video(str(place), row.name, start, end, row.labels, row.split)
        )
    if not videos:
        raise ValueError(
            f"None of the {len(rows):,} videos of {path} is in {folder}. "
            f"Wanted: files such as {rows[0].name}.mp4 or "
            f"{rows[0].youtube_id}.mp4; name another folder."
        )
    labels = sorted({label for row in rows for label in row.labels})
    return Videos(f"{path.name} ({folder})", videos, labels, missing)


def _from_folder(root):
    inside = [path for path in root.iterdir() if not path.name.startswith(".")]
    folders = [path.name for path in inside if path.is_dir()]
    if not folders:
        return _from_flat_folder(root, inside)
    parts = {"": ""}
    if "train" in folders and set(folders) <= set(SPLIT_NAMES):
        parts = {name: SPLIT_NAMES[name] for name in folders}
    videos = []
    for part, split in sorted(parts.items()):
        for label, files in class_folders.scan(root, part).items():
            for name, _ in files:
                path = os.path.join(root, os.fsdecode(name))
                shown = name.decode("utf-8", "backslashreplace")
                videos.append(
                    Video(path, shown, labels=(label,), split=split or None)
                )
    labels = sorted({label for video in videos for label in video.labels})
    return Videos(str(root), sorted(videos, key=_by_name), labels)


def _from_flat_folder(root, inside):
    videos = [
        Video(
            str(path),
            os.fsencode(path.name).decode("utf-8", "backslashreplace"),
            split=None,
        )
        for path in inside
        if path.is_file()
    ]
    if not videos:
        raise ValueError(f"{root} has no files. Wanted: {WANTED}.")
    return Videos(str(root), sorted(videos, key=_by_name), [])


def _by_name(video):
    return video.name


def with_splits(found):
    """Gives the videos of `Videos` without a split one, as above."""
    videos = found.videos
    open_ones = [video for video in videos if video.split is None]
    heldout = set()
    if len(open_ones) >= FEWEST_TO_SPLIT:
        names = [video.name for video in open_ones]
        for name, is_heldout in zip(
            names, selection.is_heldout(names), strict=True
        ):
            if is_heldout:
                heldout.add(name)
    videos = [
        dataclasses.replace(
            video, split=VALIDATE if video.name in heldout else TRAIN
        )
        if video.split is None
        else video
        for video in videos
    ]
    return dataclasses.replace(found, videos=videos)
