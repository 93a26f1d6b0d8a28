"""A few generated clips, for tests of the recipe."""

from keras_perceiver.data.media import sources
from recipes.audioset import RECIPE
from recipes.audioset import generated_clips
from tests.recipes import few_media

COUNTS = {sources.TRAIN: 12, sources.VALIDATE: 8}


def write(folder):
    """Writes clips with their tables."""
    return few_media.write(
        generated_clips, COUNTS, generated_clips.write_clips, folder
    )


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
    return few_media.configured(RECIPE, words, **more)
