"""A few generated clips, for tests of the recipe."""

import pytest

from keras_perceiver.data.media import sources
from recipes import generated_media
from recipes.assignments import assign
from recipes.audioset import RECIPE
from recipes.audioset import generated_clips

COUNTS = {sources.TRAIN: 12, sources.VALIDATE: 8}


def write(folder):
    """Writes clips with their tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generated_clips, "COUNTS", COUNTS)
        # Other processes would not know of it.
        patch.setattr(generated_media, "in_processes", _map_here)
        generated_clips.write_clips(folder)
    return folder


def prepare(clips, records):
    """Prepares clips and returns the settings of `tiny` on them."""
    words = {
        "data": str(clips),
        "data.records": str(records),
        "training.batch-size": "4",
        "data.test-clips": "3",
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


def _map_here(function, values, processes):
    return [function(value) for value in values]
