"""What tests of all recipes have in common."""

import pytest

from recipes.assignments import assign
from recipes.audioset import generated_clips as generated_sounds
from recipes.kinetics import generated_clips
from recipes.modelnet40 import generated_shapes
from recipes.starcraft import skirmishes


@pytest.fixture(scope="module")
def few_examples(tmp_path_factory):
    """From a recipe to its `tiny`, whose data are ready and soon prepared."""

    def configured(recipe):
        configuration = recipe.configuration("tiny")
        if hasattr(configuration.data, "records"):
            records = str(tmp_path_factory.mktemp(recipe.name))
            configuration = assign(configuration, [("data.records", records)])
        if recipe.complete:
            configuration = recipe.complete(configuration)
        return configuration

    with pytest.MonkeyPatch.context() as patch:
        counts = dict.fromkeys(generated_clips.COUNTS, 8)
        patch.setattr(generated_clips, "COUNTS", counts)
        patch.setattr(generated_sounds, "COUNTS", counts)
        patch.setattr(skirmishes, "NUM_GAMES", 8)
        counts = dict.fromkeys(generated_shapes.COUNTS, 4)
        patch.setattr(generated_shapes, "COUNTS", counts)
        yield configured
