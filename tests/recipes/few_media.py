"""A few generated videos, made and read in this process."""

import pytest

from recipes import generated_media
from recipes.assignments import assign


def map_here(function, values, processes):
    return [function(value) for value in values]


def write(module, counts, write_files, folder):
    """Calls what writes a module's videos, for fewer of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "COUNTS", counts)
        # Other processes would not know of it.
        patch.setattr(generated_media, "in_processes", map_here)
        write_files(folder)
    return folder


def configured(recipe, words, **more):
    """The settings of `tiny`, with others by their names."""
    more = {name.replace("__", "."): value for name, value in more.items()}
    pairs = {**words, **more}.items()
    pairs = [(name.replace("_", "-"), str(value)) for name, value in pairs]
    return assign(recipe.configuration("tiny"), pairs)
