"""Comparisons of several trainings."""

from keras_perceiver.quiet import find_devices
from recipes import training_checks


def study(recipe, configuration, path, name, start_from=None):
    """Runs a comparison of several trainings and prints its table.

    Args:
        recipe: the `Recipe`.
        configuration: what the trainings have in common.
        path: of a folder for what comes out.
        name: one of the recipe's studies.
        start_from: as `train` takes it, for a study that reads it.
    """
    training_checks.check_settings(configuration.training)
    training_checks.check_adversarial(recipe, configuration.training)
    training_checks.check_lora(configuration.training, start_from)
    words = [recipe, configuration, path]
    if name in recipe.studies_from:
        words.append(start_from)
    elif start_from is not None:
        raise ValueError(f"The study {name} does not read --from.")
    find_devices()
    for line in recipe.studies[name](*words):
        print(line)
