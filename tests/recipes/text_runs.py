"""Runs of the byte model that learn one sentence, in a few steps."""

import contextlib
import dataclasses
import io

from recipes import runner
from recipes.assignments import assign
from recipes.byte_mlm import RECIPE
from tests.recipes.small_run import SMALL_RUN

FOUR_STEPS = {"training.steps": 4, "training.evaluate-every": 2}
# Asking the model would take most of the time.
QUICK = dataclasses.replace(RECIPE, sample=lambda task, data: "sample")


def configured(text, settings):
    """The settings of a small run on a text, but for those that are given."""
    values = {"data": text, **SMALL_RUN, **FOUR_STEPS, **settings}
    pairs = [(key, str(value)) for key, value in values.items()]
    return assign(RECIPE.configuration("tiny"), pairs)


def train(text, path, settings=None, recipe=RECIPE, **options):
    """Trains and returns what was printed."""
    configuration = configured(text, settings or {})
    with contextlib.redirect_stdout(io.StringIO()) as output:
        runner.train(recipe, configuration, path, **options)
    return output.getvalue()
