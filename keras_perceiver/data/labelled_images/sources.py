"""Where labelled images come from, by the words of a user."""

import glob
import math
import pathlib

from keras_perceiver import errors
from keras_perceiver.data.labelled_images import digits
from keras_perceiver.data.labelled_images import folders
from keras_perceiver.data.labelled_images import records
from keras_perceiver.data.labelled_images import tfds

WANTED = (
    "'digits', a folder of class folders, TFRecords (a folder of them or a "
    "glob in quotes) or 'tfds:NAME'"
)


def open_images(source, label_skew=1.0):
    """Opens what a user named with `--data`.

    Args:
        source: `digits`, scikit-learn's handwritten digits; a folder of class
            folders, or of such folders called `train` and `val`; TFRecords:
            a file, a folder of them or a glob;
            `tfds:NAME[/config][:version][#image_feature,label_feature]`.
        label_skew: how many times as much is kept of the training examples
            of the first class as of those of the last; the shares of the
            classes between fall geometrically. What is held out stays whole.

    Returns:
        A `LabelledImages`.

    Raises:
        ValueError: if there is nothing to read, or what is there are no
            labelled images; the message says which option cures it.
    """
    if not (math.isfinite(label_skew) and label_skew >= 1):
        raise ValueError(
            "The label skew is how many times as much is kept of the first "
            "class as of the last: a number from 1, which keeps everything. "
            f"Received: {label_skew}"
        )
    if not source:
        raise ValueError(f"--data is empty. Wanted: {WANTED}.")
    if source == "digits":
        return digits.Digits(label_skew)
    if source.startswith("tfds:"):
        return tfds.ImagesFromTfds(source.removeprefix("tfds:"), label_skew)
    path = pathlib.Path(source).expanduser()
    if path.is_dir():
        paths = records.shards_in(path)
        if paths:
            return records.ImagesFromRecords(source, paths, label_skew)
        return folders.ImageFolder(source, path, label_skew)
    if path.is_file():  # Even if its name looks like a glob.
        return records.ImagesFromRecords(source, [path], label_skew)
    found = sorted(map(pathlib.Path, glob.glob(str(path), recursive=True)))
    found = [path for path in found if path.is_file()]
    if not found:
        guess = errors.did_you_mean(source, ["digits"])
        raise ValueError(
            f"--data {source}: no such file or folder"
            f"{guess if 'Did' in guess else '.'} Wanted: {WANTED}."
        )
    return records.ImagesFromRecords(source, found, label_skew)
