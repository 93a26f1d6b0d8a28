"""A model's held-out numbers, of a run or of weights from elsewhere."""

import dataclasses
import functools

from recipes import building
from recipes import results
from recipes import spread
from recipes import start_weights
from recipes.class_agreement import check_same_classes
from recipes.settings import ModelSettings


def measure(recipe, configuration, model, data):
    """Returns a model's held-out metrics by name."""
    return measure_of(recipe, configuration, model)(data)


def measure_of(recipe, configuration, model):
    """Returns a function from data to a model's held-out metrics by name.

    Asked several times, it compiles the model once.
    """
    if recipe.measure:
        return functools.partial(recipe.measure, model)
    compiled = building.compile_model(recipe, configuration, model)
    return lambda data: compiled.evaluate(
        data.evaluation_dataset(), return_dict=True, verbose=0
    )


def evaluate_weights(recipe, configuration, path):
    """Prints how a model that was trained elsewhere does on a recipe's data.

    Args:
        recipe: the `Recipe`.
        configuration: its configuration, of which the data count.
        path: what `--from` names.
    """
    spread.start_devices()
    model = start_weights.open_start(path)
    # The data go by the model: as many classes, images of its size.
    settings = ModelSettings(model.preset_name, model.preset_overrides)
    configuration = dataclasses.replace(configuration, model=settings)
    data = recipe.open_data(configuration)
    data.check()
    check_same_classes(model, data)
    for line in data.describe():
        print(line)
    numbers = measure(recipe, configuration, model, data)
    print()
    baselines = data.baselines()
    for line in results.table(recipe, numbers, baselines, model.preset_name):
        print(line)
