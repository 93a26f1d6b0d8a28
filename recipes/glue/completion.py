"""The heads of a model, which its data tell."""

import dataclasses

from recipes.glue.data import open_source
from recipes.glue.data import outputs_of
from recipes.settings import published


def complete(configuration):
    """Returns a configuration whose model has a head for each task.

    Args:
        configuration: whatever heads it names, those of its data count.
    """
    model = configuration.model
    overrides = dict(model.overrides)
    overrides["task_outputs"] = outputs_of(open_source(configuration.data))
    if overrides["task_outputs"] == published(model.preset)["task_outputs"]:
        del overrides["task_outputs"]
    return dataclasses.replace(
        configuration, model=dataclasses.replace(model, overrides=overrides)
    )
