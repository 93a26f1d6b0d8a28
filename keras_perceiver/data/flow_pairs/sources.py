"""Where pairs of frames come from, by the words of a user."""

import pathlib

from keras_perceiver import errors
from keras_perceiver.data.flow_pairs import layouts
from keras_perceiver.data.flow_pairs import photographs
from keras_perceiver.data.flow_pairs.generated import GeneratedPairs
from keras_perceiver.data.flow_pairs.pair_files import PairFiles

WANTED = (
    "'photographs' (scenes made of those that come with scikit-learn and "
    "scikit-image), a folder of photographs to make scenes of, or the folder "
    "of FlyingChairs, MPI Sintel, KITTI 2015 or AutoFlow"
)


def open_pairs(source, size, scenes, num_scenes, rendering="clean"):
    """Opens what a user named with `--data`.

    Args:
        source: see `WANTED`.
        size: height and width of generated frames.
        scenes: the `Scenes` that photographs make.
        num_scenes: how many generated scenes are held out.
        rendering: which of Sintel's renderings: `clean` or `final`.

    Returns:
        `FlowPairs`.

    Raises:
        ValueError: if there is nothing to read; the message says which
            option cures it.
    """
    if source == "photographs":
        words = "scikit-learn, scikit-image"
        parts = photographs.embedded()
        return GeneratedPairs(words, *parts, size, scenes, num_scenes)
    path = _folder(source)
    pairs = layouts.open_layout(path, rendering)
    if pairs is not None:
        return pairs
    parts = photographs.from_folder(path)
    return GeneratedPairs(source, *parts, size, scenes, num_scenes)


def open_heldout(source, rendering="clean"):
    """Opens a data set all of whose pairs are held out.

    Args:
        source: the folder of one.
        rendering: as `open_pairs` takes it.

    Raises:
        ValueError: if it is none.
    """
    pairs = layouts.open_layout(_folder(source), rendering)
    if pairs is None:
        raise ValueError(
            f"--data.heldout-source {source} is laid out as no data set of "
            "optical flow. Wanted: the folder of FlyingChairs, MPI Sintel, "
            "KITTI 2015 or AutoFlow."
        )
    # In the order of their names, as they were found.
    every = sorted(
        [*pairs.training, *pairs.heldout], key=lambda files: files.flow
    )
    return PairFiles(f"all of {pairs.description}", [], every)


def _folder(source):
    if not source:
        raise ValueError(f"--data is empty. Wanted: {WANTED}.")
    path = pathlib.Path(source).expanduser()
    if not path.is_dir():
        guess = errors.did_you_mean(source, ["photographs"])
        raise ValueError(
            f"--data {source}: no such folder"
            f"{guess if 'Did' in guess else '.'} Wanted: {WANTED}."
        )
    return path
