"""Results beside what they have to beat."""

import json
import math

from keras_perceiver import files
from keras_perceiver.models.presets import find_preset


def report(folder, recipe, numbers, preset):
    """Prints a run's table and writes it as `results.json`.

    Args:
        folder: the `RunFolder`.
        recipe: the `Recipe`.
        numbers: held-out metrics of the best model; None where one has no
            value.
        preset: the name of the model's preset.
    """
    baselines = json.loads(folder.baselines_file.read_text())
    data = json.loads(folder.data_file.read_text())
    numbers = as_numbers(numbers)
    files.write_json(
        folder.results_file,
        {"model": numbers, "baselines": baselines, "data": data},
    )
    print()
    for line in table(recipe, numbers, baselines, preset):
        print(line)
    print()
    print(f"data: {data['description']}, {_identity(data)}")
    print(f"learning curve: {folder.learning_curve_file}")
    print(f"samples: {folder.samples}")


def as_numbers(metrics):
    """Returns metrics as JSON takes them; None has no value."""
    return {
        key: None if value is None else float(value)
        for key, value in metrics.items()
    }


def table(recipe, numbers, baselines, preset):
    """Returns the lines of the table, worst first.

    Args:
        recipe: the `Recipe`; its `columns` write a row's numbers.
        numbers: the model's metrics.
        baselines: `{name: {metric: value or None, "kind", "description"}}`.
        preset: the name of the model's preset.
    """
    lines = [_row("held out", recipe.columns, "")]
    lines += [
        _row(name, cells, kind)
        for name, cells, kind in rows(recipe, numbers, baselines, preset)
    ]
    return [*lines, *verdicts(recipe, numbers, baselines)]


def rows(recipe, numbers, baselines, preset):
    """Returns the rows of the table, worst first: name, cells and kind.

    Args:
        recipe: as `table` takes it.
        numbers: as `table` takes them.
        baselines: as `table` takes them.
        preset: as `table` takes it.
    """
    found = {name: dict(row) for name, row in baselines.items()}
    found[architecture(preset)] = {**numbers, "kind": "this model"}
    values = {name: row[recipe.metric] for name, row in found.items()}
    order = sorted(
        found,
        key=lambda name: math.inf if values[name] is None else values[name],
        reverse=True,
    )
    return [
        (
            name,
            [write(found[name]) for write in recipe.columns.values()],
            found[name]["kind"],
        )
        for name in order
    ]


def architecture(preset):
    """Returns what a model is called, since not all are Perceiver IO."""
    builder = find_preset(preset).builder.__name__
    if builder.endswith("_transformer"):
        return "transformer"
    return "Perceiver" if builder.endswith("_perceiver") else "Perceiver IO"


def verdicts(recipe, numbers, baselines):
    """Returns a `verdict` for each metric that the model has a number in."""
    return [
        verdict(
            metric,
            numbers,
            baselines,
            recipe.column_of.get(metric, metric),
        )
        for metric in (recipe.metric, *recipe.other_metrics)
        if numbers[metric] is not None
    ]


def verdict(metric, numbers, baselines, column):
    """Says whether the model is below every baseline.

    By the metric; by accuracy where a baseline has no such metric.

    Args:
        metric: its name.
        numbers: of the model, by metric.
        baselines: as `table` takes them.
        column: where people find the metric in the table.
    """
    not_beaten = [
        name
        for name, row in baselines.items()
        if row["kind"] == "baseline"
        and (
            numbers["accuracy"] <= row["accuracy"]
            if row[metric] is None
            else numbers[metric] >= row[metric]
        )
    ]
    if not_beaten:
        names = ", ".join(not_beaten)
        return f"In {column}, the model does not beat {names}."
    return f"In {column}, the model beats every baseline."


def _row(name, cells, kind):
    columns = "".join(f"{cell:>11}" for cell in cells)
    return f"{name:<20}{columns}  {kind}".rstrip()


def _identity(data):
    if "sha256" not in data:
        return "see data.json"
    # Some data come with Python itself, and differ between its versions.
    version = f", Python {data['python']}" if "python" in data else ""
    return f"sha256 {data['sha256'][:16]}{version}"
