"""Do 32 latents do what a transformer of all entities does?

Perceiver IO, section 4.4 and appendix B: in AlphaStar they do, at 3.5 times
fewer FLOPs. Here both models learn the same selections in as many steps.
"""

import dataclasses
import json
import pathlib
import statistics
import time

import keras

from keras_perceiver import cost
from keras_perceiver import files
from keras_perceiver.training import fitting
from keras_perceiver.training.progress import time_in_words
from recipes import building
from recipes.assignments import assign
from recipes.settings import as_dict
from recipes.starcraft import evaluation

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
    results = _Results(pathlib.Path(path), as_dict(configuration))
    data = recipe.open_data(configuration)
    data.check()
    left = [
        (name, seed)
        for seed in range(SEEDS)
        for name in _MODELS
        if (name, seed) not in results
    ]
    began = time.monotonic()
    for done, (name, seed) in enumerate(left, start=1):
        numbers = _train(recipe, _changed(configuration, name, seed))
        results.add(name, seed, numbers)
        seconds = (time.monotonic() - began) * (len(left) - done) / done
        print(
            f"{done} of {len(left)}: {name}, seed {seed}: first unit "
            f"{1 - numbers['first_error']:.2%}, {time_in_words(seconds)} left",
            flush=True,
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
    training = dataclasses.replace(
        configuration.training, seed=configuration.training.seed + seed
    )
    return dataclasses.replace(configuration, training=training)


def _train(recipe, configuration):
    """Returns held-out errors behind the last step, and seconds a step."""
    training = configuration.training
    keras.utils.set_random_seed(training.seed)
    data = recipe.open_data(configuration)
    model = building.build_model(configuration)
    clock = _Clock()
    fitting.fit(
        building.compile_model(recipe, configuration, model),
        lambda step: data.training_dataset(step * training.batch_size),
        data.evaluation_dataset(),
        steps=training.steps,
        steps_per_epoch=training.steps,
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


class _Results:
    """Numbers by training, kept in a file."""

    def __init__(self, folder, configuration):
        self.path = folder / RESULTS_FILE
        content = {"configuration": configuration, "trainings": {}}
        self._content = json.loads(json.dumps(content))
        if not self.path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            return
        found = json.loads(self.path.read_text())
        if found["configuration"] != self._content["configuration"]:
            raise FileExistsError(
                f"{self.path} is of other settings. Choose another: "
                "--run-folder FOLDER."
            )
        self._content = found

    def __contains__(self, training):
        return _key(*training) in self._content["trainings"]

    def add(self, name, seed, numbers):
        self._content["trainings"][_key(name, seed)] = numbers
        files.write_json(self.path, self._content)

    def of(self, name, metric):
        return [
            self._content["trainings"][_key(name, seed)][metric]
            for seed in range(SEEDS)
        ]


def _key(name, seed):
    return f"{name}; {seed}"


def _table(results, configuration, baselines):
    head = ("first unit", "set F1", "FLOPs", "a step")
    lines = [_row("held out", head)]
    for name, row in baselines.items():
        right = [f"{1 - row[key]:.2%}" for key in ("first_error", "set_error")]
        lines.append(_row(name, [*right, "", ""]))
    for name in _MODELS:
        model = _changed(configuration, name, 0).model
        flops = cost.cost(model.preset, **model.overrides).flops
        seconds = statistics.mean(results.of(name, "seconds_a_step"))
        lines.append(
            _row(
                name,
                [
                    _spread(results.of(name, "first_error")),
                    _spread(results.of(name, "set_error")),
                    f"{flops / 1e6:,.0f}M",
                    f"{1e3 * seconds:,.0f} ms",
                ],
            )
        )
    return lines


def _spread(errors):
    mean, spread = statistics.mean(errors), statistics.stdev(errors)
    return f"{1 - mean:.2%} ± {100 * spread:.2f}"


def _row(name, cells):
    return (
        f"{name:<{_WIDTH}}" + "".join(f"{cell:>18}" for cell in cells)
    ).rstrip()
