"""Do 32 latents do what a transformer of all entities does?

Perceiver IO, section 4.4 and appendix B: in AlphaStar they do, at 3.5 times
fewer FLOPs. Here both models learn the same selections in as many steps.
"""

import pathlib
import statistics
import time

import keras

from keras_perceiver import cost
from recipes import building
from recipes import study_training
from recipes.assignments import assign
from recipes.starcraft import evaluation
from recipes.study_results import StudyResults
from recipes.study_results import mean_and_spread
from recipes.study_results import with_seed

SEEDS = 3
RESULTS_FILE = "transformer.json"
_MODELS = {
    "AlphaStar's transformer": "starcraft_transformer",
    "Perceiver IO": "starcraft_entities",
}
_WIDTH = max(map(len, _MODELS))


def compare_with_transformer(recipe, configuration, path):
    """Trains both models from several seeds.

    A study that was stopped goes on with the next training.

    Args:
        recipe: the `Recipe`.
        configuration: what the trainings have in common.
        path: folder for `transformer.json`.

    Returns:
        Lines of a table: held-out accuracy, FLOPs and time of a step.
    """
    if configuration.model.preset != "starcraft_entities":
        raise ValueError(
            "The study begins with the numbers of starcraft_entities. "
            f"Received: --model.preset {configuration.model.preset}"
        )
    results = StudyResults(
        pathlib.Path(path) / RESULTS_FILE, configuration, "trainings"
    )
    data = recipe.open_data(configuration)
    data.check()
    results.train_missing(
        [(name, seed) for seed in range(SEEDS) for name in _MODELS],
        lambda training: _train(recipe, _changed(configuration, *training)),
        lambda numbers: f"first unit {1 - numbers['first_error']:.2%}",
    )
    return [
        "",
        *_table(results, configuration, data.baselines()),
        *data.describe(),
        f"all numbers: {results.path}",
    ]


def _changed(configuration, name, seed):
    """The same configuration for another model and seed."""
    configuration = assign(configuration, [("model.preset", _MODELS[name])])
    return with_seed(configuration, seed)


def _train(recipe, configuration):
    """Returns held-out errors behind the last step, and seconds a step."""
    training = configuration.training
    keras.utils.set_random_seed(training.seed)
    data = recipe.open_data(configuration)
    model = building.build_model(configuration)
    clock = _Clock()
    study_training.fit(
        building.compile_model(recipe, configuration, model),
        data,
        training,
        evaluate_every=training.steps,
        callbacks=[clock],
    )
    return {
        **evaluation.measure(model, data),
        "seconds_a_step": clock.seconds_a_step(),
    }


class _Clock(keras.callbacks.Callback):
    """Takes the time of each step."""

    def __init__(self):
        super().__init__()
        self._times = []

    def on_train_batch_end(self, batch, logs=None):
        self._times.append(time.monotonic())

    def seconds_a_step(self):
        """The median, which the first step, compiled, does not move."""
        pairs = zip(self._times[1:], self._times[:-1], strict=True)
        return statistics.median([later - sooner for later, sooner in pairs])


def _table(results, configuration, baselines):
    head = ("first unit", "set F1", "FLOPs", "a step")
    lines = [_row("held out", head)]
    for name, row in baselines.items():
        right = [f"{1 - row[key]:.2%}" for key in ("first_error", "set_error")]
        lines.append(_row(name, [*right, "", ""]))
    for name in _MODELS:
        model = _changed(configuration, name, 0).model
        flops = cost.cost(model.preset, **model.overrides).flops
        found = [results[name, seed] for seed in range(SEEDS)]
        seconds = statistics.mean(one["seconds_a_step"] for one in found)
        lines.append(
            _row(
                name,
                [
                    mean_and_spread([1 - one["first_error"] for one in found]),
                    mean_and_spread([1 - one["set_error"] for one in found]),
                    f"{flops / 1e6:,.0f}M",
                    f"{1e3 * seconds:,.0f} ms",
                ],
            )
        )
    return lines


def _row(name, cells):
    return (
        f"{name:<{_WIDTH}}" + "".join(f"{cell:>18}" for cell in cells)
    ).rstrip()
