"""A few generated videos, for tests of the recipe."""

from keras_perceiver.data.media import sources
from recipes.kinetics import RECIPE
from recipes.kinetics import generated_clips
from tests.recipes import few_media

COUNTS = {sources.TRAIN: 16, sources.VALIDATE: 8}


def write(folder):
    """Writes videos of all classes into folders, in `train` and `validate`."""
    return few_media.write(
        generated_clips, COUNTS, generated_clips.write_videos, folder
    )


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
    return few_media.configured(RECIPE, words, **more)
