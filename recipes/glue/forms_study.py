"""One model for each task, or one for all, and how that is asked for a task.

Perceiver IO, table 2 (right) and table 14: one model for each task, or one
multitask model whose tasks share one input token, have an input token each,
or have a query each.
"""

import dataclasses
import pathlib

import keras

from keras_perceiver.training import strategies
from recipes import building
from recipes import study_training
from recipes.assignments import assign
from recipes.glue import scores
from recipes.glue.completion import complete
from recipes.glue.evaluation import measure
from recipes.study_results import StudyResults
from recipes.study_results import mean_and_spread
from recipes.study_results import with_seed

SEEDS = 3
RESULTS_FILE = "forms.json"
SINGLE = "one model a task"
_PRESETS = {
    "shared input token": "language_bytes_glue_shared_token",
    "input token a task": "language_bytes_glue_task_tokens",
    "query a task": "language_bytes_glue",
}


def compare_forms(recipe, configuration, path, start_from=None):
    """Trains all forms from several seeds, each in as many epochs.

    A study that was stopped goes on with the next training. What counts is
    the model behind the last step.

    Args:
        recipe: the `Recipe`.
        configuration: what the trainings have in common.
        path: folder for `forms.json`.
        start_from: what `--from` names, or None.

    Returns:
        Lines of a table: held-out scores by form and task.
    """
    if configuration.model.preset != "language_bytes_glue":
        raise ValueError(
            "The study begins with the numbers of language_bytes_glue. "
            f"Received: --model.preset {configuration.model.preset}"
        )
    data = recipe.open_data(configuration)
    data.check()
    results = StudyResults(
        pathlib.Path(path) / RESULTS_FILE, configuration, "scores"
    )
    trainings = [
        training
        for seed in range(SEEDS)
        for training in [
            *((SINGLE, head.name, seed) for head in data.heads),
            *((form, "all", seed) for form in _PRESETS),
        ]
    ]
    results.train_missing(
        trainings,
        lambda training: _train(
            recipe, _changed(configuration, data, *training), start_from
        ),
        lambda found: f"average {100 * (1 - found['shortfall']):.2f}",
    )
    return [
        "",
        *_table(data, results),
        *data.describe(),
        f"all numbers: {results.path}",
    ]


def _changed(configuration, data, form, task, seed):
    """The configuration of one training."""
    if form == SINGLE:
        configuration = _of_one_task(configuration, data, task)
    else:
        configuration = assign(
            configuration, [("model.preset", _PRESETS[form])]
        )
    return with_seed(complete(configuration), seed)


def _of_one_task(configuration, data, task):
    """As many epochs of one task as all tasks together have."""
    names = [head.name for head in data.heads]
    counts = data.mixture.counts(
        [len(data.texts.training(name)) for name in names]
    )
    share = counts[names.index(task)] / counts.sum()
    steps = max(1, round(configuration.training.steps * float(share)))
    optimizer, training = configuration.optimizer, configuration.training
    return dataclasses.replace(
        configuration,
        data=dataclasses.replace(configuration.data, tasks=(task,)),
        optimizer=dataclasses.replace(
            optimizer, warmup_steps=min(optimizer.warmup_steps, steps // 4)
        ),
        training=dataclasses.replace(training, steps=steps),
    )


def _train(recipe, configuration, start_from):
    """Returns held-out scores behind the last step."""
    training = configuration.training
    keras.utils.set_random_seed(training.seed)
    data = recipe.open_data(configuration)
    model, training_model = building.build_models(
        recipe,
        configuration,
        data,
        strategies.get_strategy("none"),
        start_from,
    )
    study_training.fit(
        training_model, data, training, evaluate_every=training.steps
    )
    return measure(model, data)


def _table(data, results):
    baselines = data.baselines()
    names = [head.name for head in data.heads]
    lines = [_row("in percent", [*names, "average"])]
    for name, row in baselines.items():
        cells = [scores.of_task(head, row) for head in data.heads]
        cells = [f"{100 * cell:.2f}" for cell in cells]
        average = f"{100 * (1 - row['shortfall']):.2f}"
        lines.append(_row(name, [*cells, average]))
    for form in (SINGLE, *_PRESETS):
        rows = [_scores_of(data.heads, results, form, s) for s in range(SEEDS)]
        columns = list(zip(*rows, strict=True))
        averages = [sum(row) / len(row) for row in rows]
        cells = [mean_and_spread(column) for column in (*columns, averages)]
        lines.append(_row(form, [cell.replace("%", "") for cell in cells]))
    return lines


def _scores_of(heads, results, form, seed):
    """The score of each task from one seed."""
    return [
        scores.of_task(
            head, results[form, head.name if form == SINGLE else "all", seed]
        )
        for head in heads
    ]


def _row(name, cells):
    return f"{name:<20}" + "".join(f"{cell:>16}" for cell in cells)
