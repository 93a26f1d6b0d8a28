"""A model's held-out numbers, of a run or of weights from elsewhere."""

import dataclasses
import functools

from keras_perceiver.serving.precision import check_precision
from keras_perceiver.serving.precision import model_in_precision
from recipes import building
from recipes import results
from recipes import row_tables
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
    # What is quantised has no gradients to attack along.
    training = dataclasses.replace(
        configuration.training, adversarial_strength=None
    )
    configuration = dataclasses.replace(configuration, training=training)
    compiled = building.compile_model(recipe, configuration, model)
    return lambda data: compiled.evaluate(
        data.evaluation_dataset(), return_dict=True, verbose=0
    )


def rounded(recipe, configuration, model, data, precision):
    """Measures a model as it was trained, and as exports have it.

    Args:
        recipe: the `Recipe`.
        configuration: its configuration.
        model: the model, of a preset.
        data: the recipe's data.
        precision: of the export, as `serving.export.export` takes it; exports
            are folded, and so is this one.

    Returns:
        Lines for people, a row for each.
    """
    models = {
        "as trained": model,
        f"in {precision}": model_in_precision(model, precision, fold=True),
    }
    rows = {
        words: results.as_numbers(measure(recipe, configuration, one, data))
        for words, one in models.items()
    }
    return ["", *row_tables.lines_of_metrics("held out", recipe.columns, rows)]


def evaluate_weights(recipe, configuration, path, precision=None):
    """Prints how a model that was trained elsewhere does on a recipe's data.

    Args:
        recipe: the `Recipe`.
        configuration: its configuration, of which the data count.
        path: what `--from` names.
        precision: of an export whose numbers are printed beside them, in
            place of the baselines; None is none.
    """
    check_precision(precision)
    model = start_weights.open_start(path)
    # The data go by the model: as many classes, images of its size.
    settings = ModelSettings(model.preset_name, model.preset_overrides)
    configuration = dataclasses.replace(configuration, model=settings)
    data = recipe.open_data(configuration)
    data.check()
    check_same_classes(model, data)
    for line in data.describe():
        print(line)
    if precision is not None:
        for line in rounded(recipe, configuration, model, data, precision):
            print(line)
        return
    numbers = measure(recipe, configuration, model, data)
    print()
    baselines = data.baselines()
    for line in results.table(recipe, numbers, baselines, model.preset_name):
        print(line)
