"""Does a model need to know which pixels are neighbours?

Perceiver (arXiv 2103.03206), table 2: with one fixed permutation of the
pixels of all images, convolutions lose what they are built on, and a model
that attends to a set of pixels does not.
"""

import math
import pathlib

import keras
import numpy as np

from recipes import building
from recipes import study_training
from recipes.imagenet import compared_models
from recipes.settings import resolved
from recipes.study_results import StudyResults
from recipes.study_results import mean_and_spread
from recipes.study_results import with_seed

SEEDS = 3
RESULTS_FILE = "permuted_pixels.json"
# Of the permutation, which is the same for all models and seeds.
_PERMUTATION_SEED = 20_210_304
_KINDS = ("in order", "permuted")
_MODELS = {
    "ConvNet": compared_models.conv_net,
    "Perceiver IO, Fourier positions": compared_models.fourier_positions,
    "Perceiver IO, learned positions": compared_models.learned_positions,
}


def compare_on_permuted_pixels(recipe, configuration, path):
    """Trains three models on both kinds of images, from several seeds.

    A study that was stopped goes on with the next training.

    Args:
        recipe: the `Recipe`.
        configuration: what the trainings have in common.
        path: folder for `permuted_pixels.json`.

    Returns:
        Lines of a table: held-out top-1, mean and standard deviation.
    """
    if configuration.model.preset != "imagenet_fourier":
        raise ValueError(
            "The study compares models with the numbers of imagenet_fourier. "
            f"Received: --model.preset {configuration.model.preset}"
        )
    results = StudyResults(
        pathlib.Path(path) / RESULTS_FILE, configuration, "top_1"
    )
    trainings = [
        (name, kind, seed)
        for seed in range(SEEDS)
        for name in _MODELS
        for kind in _KINDS
    ]

    def train(training):
        name, kind, seed = training
        return _train(
            recipe,
            with_seed(configuration, seed),
            _MODELS[name],
            is_permuted=kind == "permuted",
        )

    results.train_missing(trainings, train, "{:.2%}".format)
    return ["", *_table(results), f"all numbers: {results.path}"]


def permutation(num_pixels):
    """Returns the order that all images' pixels are brought into."""
    return np.random.default_rng(_PERMUTATION_SEED).permutation(num_pixels)


def _train(recipe, configuration, build, is_permuted):
    """Returns the held-out top-1 behind the last step of one training."""
    training = configuration.training
    keras.utils.set_random_seed(training.seed)
    data = recipe.open_data(configuration)
    data.check()
    numbers = resolved(configuration.model)
    order = None
    if is_permuted:
        order = permutation(math.prod(data.image_shape[:2]))
    model = building.compile_model(recipe, configuration, build(numbers, order))
    history = keras.callbacks.History()
    study_training.fit(
        model,
        data,
        training,
        evaluate_every=training.steps,
        callbacks=[history],
    )
    return 1.0 - history.history["val_top_1_error"][-1]


def _table(results):
    width = max(map(len, _MODELS))
    lines = [
        f"{'held-out top-1':<{width}}" + "".join(f"{k:>18}" for k in _KINDS)
    ]
    for name in _MODELS:
        cells = [
            mean_and_spread(
                [results[name, kind, seed] for seed in range(SEEDS)]
            )
            for kind in _KINDS
        ]
        lines.append(
            f"{name:<{width}}" + "".join(f"{cell:>18}" for cell in cells)
        )
    return lines
