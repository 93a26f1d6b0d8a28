"""Where videos and sounds with several labels each come from."""

import collections
import csv
import os
import pathlib

from keras_perceiver import errors
from keras_perceiver import files
from keras_perceiver.data.media import audioset_csv
from keras_perceiver.data.media import sources
from keras_perceiver.data.media.sources import Video
from keras_perceiver.data.media.sources import Videos

WANTED = (
    "AudioSet's folder (balanced_train_segments.csv, eval_segments.csv and "
    "class_labels_indices.csv) or one of its tables, with the files beside it; "
    "a CSV of your own with the columns path and labels, such as "
    'a.mp4,"dog,rain"; or a folder of class folders (also in train and val)'
)


def find_tagged(source, folder=None, *, is_cut=False):
    """Lists videos and sounds, and their labels. Nothing is decoded.

    Where no split is named, a tenth is held out as `sources.find_videos` does.

    Args:
        source: a folder or a CSV file.
        folder: where the files of a CSV lie; None for beside it.
        is_cut: whether files that are named by AudioSet's ids alone are the
            segments, and not whole videos.

    Returns:
        `Videos`, each with a label or more.

    Raises:
        ValueError: if there are none, or a label is missing or unknown.
    """
    path = pathlib.Path(source).expanduser()
    if path.is_dir():
        tables = [
            path / name
            for name in audioset_csv.SEGMENTS
            if (path / name).is_file()
        ]
        if tables:
            return _from_audioset(tables, folder, is_cut)
        return _with_labels(sources.find_videos(source), source)
    if not path.is_file() or path.suffix.lower() != ".csv":
        what = "no CSV file" if path.is_file() else "no such file or folder"
        raise ValueError(f"--data {source}: {what}. Wanted: {WANTED}.")
    if path.name in audioset_csv.SEGMENTS or _is_official(path):
        return _from_audioset([path], folder, is_cut)
    return sources.with_splits(_from_table(path, folder))


def _is_official(path):
    """Whether a table begins as AudioSet's do, whatever it is called."""
    with open(path, "rb") as content:
        return content.read(1) == b"#"


def _from_audioset(tables, folder, is_cut):
    names_file = tables[0].with_name(audioset_csv.CLASS_LABELS)
    if not names_file.is_file():
        raise ValueError(
            f"{names_file} is missing. Put AudioSet's table of its classes "
            "beside its segments."
        )
    class_names = audioset_csv.read_class_labels(names_file)
    place = pathlib.Path(folder).expanduser() if folder else tables[0].parent
    by_id = audioset_csv.FilesById(place)
    videos, missing = [], []
    for table in tables:
        split = audioset_csv.SEGMENTS.get(table.name)
        segments = audioset_csv.read_segments(table)
        _check_known(table, segments, class_names)
        for segment in segments:
            path, start, end = by_id.find(segment, is_cut)
            if path is None:
                missing.append((segment.name, f"has no file in {place}."))
                continue
            labels = tuple(class_names[mid] for mid in segment.mids)
            videos.append(
                Video(str(path), segment.name, start, end, labels, split)
            )
    what = " and ".join(table.name for table in tables)
    if not videos:
        raise ValueError(_no_files(missing, what, place))
    _check_once(videos, what)
    described = f"{what} ({place})"
    return sources.with_splits(
        Videos(described, videos, list(class_names.values()), missing)
    )


def _no_files(missing, what, place):
    name = missing[0][0]
    return (
        f"None of the {len(missing):,} segments of {what} has a file in "
        f"{place}. Wanted: files such as {name}.mp4, {name}.wav or "
        f"{name.rpartition('_')[0]}.mp4; name another folder with "
        "--data.files."
    )


def _check_once(videos, what):
    counts = collections.Counter(video.name for video in videos)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ValueError(
            f"{len(twice):,} names are there twice in {what}, such as "
            f"{twice[0]!r}."
        )


def _check_known(table, segments, class_names):
    unknown = {
        mid: segment.name
        for segment in segments
        for mid in segment.mids
        if mid not in class_names
    }
    if unknown:
        mid, name = next(iter(unknown.items()))
        raise ValueError(
            f"{len(unknown):,} labels of {table} are not in "
            f"{audioset_csv.CLASS_LABELS}, such as {mid!r} of {name}. Take "
            "both from the same release."
        )


def _from_table(path, folder):
    table = files.read_csv(path, csv.DictReader)
    if not table or not {"path", "labels"} <= set(table[0]):
        raise ValueError(
            f"{path} has no rows, or no columns path and labels. Wanted: "
            f"{WANTED}."
        )
    place = pathlib.Path(folder).expanduser() if folder else path.parent
    videos, missing, without = [], [], []
    for row in table:
        # Too short a row has None.
        name = row["path"] or ""
        labels = [label.strip() for label in (row["labels"] or "").split(",")]
        labels = tuple(dict.fromkeys(filter(None, labels)))
        if not labels:
            without.append(name)
        elif not (place / name).is_file():
            missing.append((name, f"has no file in {place}."))
        else:
            file = os.path.join(place, name)
            split = _split_of(row.get("split"), name, path)
            videos.append(Video(file, name, labels=labels, split=split))
    if without:
        raise ValueError(_no_labels(path, without))
    if not videos:
        raise ValueError(
            f"None of the {len(missing):,} files of {path} is in {place}, such "
            f"as {missing[0][0]!r}; name another folder with --data.files."
        )
    _check_once(videos, path)
    labels = sorted({label for video in videos for label in video.labels})
    return Videos(f"{path.name} ({place})", videos, labels, missing)


def _split_of(word, name, path):
    if not word:
        return None
    if word not in sources.SPLIT_NAMES:
        raise ValueError(
            f"{name!r} of {path}: "
            f"{errors.unknown('split', word, sources.SPLIT_NAMES)}"
        )
    return sources.SPLIT_NAMES[word]


def _with_labels(found, source):
    without = [video.name for video in found.videos if not video.labels]
    if without:
        raise ValueError(_no_labels(source, without))
    return found


def _no_labels(source, names):
    return (
        f"{len(names):,} files of {source} have no labels, such as "
        f"{names[0]!r}. Wanted: {WANTED}."
    )
