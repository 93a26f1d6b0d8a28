"""A few generated videos, for tests of the recipe."""

import pytest

from keras_perceiver.data.media import sources
from recipes import generated_media
from recipes.assignments import assign
from recipes.kinetics import RECIPE
from recipes.kinetics import generated_clips

COUNTS = {sources.TRAIN: 16, sources.VALIDATE: 8}


def write(folder):
    """Writes videos of all classes into folders, in `train` and `validate`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generated_clips, "COUNTS", COUNTS)
        # Other processes would not know of it.
        patch.setattr(generated_media, "in_processes", map_here)
        generated_clips.write_videos(folder)
    return folder


def map_here(function, values, processes):
    return [function(value) for value in values]


def prepare(videos, records):
    """Prepares videos and returns the settings of `tiny` on them."""
    words = {
        "data": str(videos),
        "data.records": str(records),
        "training.batch-size": "4",
    }
    open_data(words).prepare()
    return words


def open_data(words, **more):
    return RECIPE.open_data(configured(words, **more))


def configured(words, **more):
    more = {name.replace("__", "."): value for name, value in more.items()}
    pairs = {**words, **more}.items()
    pairs = [(name.replace("_", "-"), str(value)) for name, value in pairs]
    return assign(RECIPE.configuration("tiny"), pairs)
