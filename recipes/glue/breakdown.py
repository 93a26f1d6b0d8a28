"""Every task's scores beside what they have to beat."""

import json

from recipes.glue import scores

_NAMES = {
    "accuracy": "accuracy",
    "matthews": "Matthews",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "f1": "F1",
}


def break_down(folder, model, data, by=None):
    """Describes the held-out scores of each task.

    Args:
        folder: the `RunFolder`, with the results of an evaluation.
        model: not asked again.
        data: the `GlueData`.
        by: not read; there are no columns.

    Returns:
        Lines for people.

    Raises:
        ValueError: if a column is named.
    """
    if by is not None:
        raise ValueError("Texts have no columns: no --by.")
    results = json.loads(folder.results_file.read_text())
    return ["", *table(data.heads, results["model"], results["baselines"])]


def table(heads, numbers, baselines):
    """Returns the lines of a table: a row for each split of each task.

    Args:
        heads: `Head`s.
        numbers: the model's scores by `TASK.SPLIT.SCORE`.
        baselines: the same by name.
    """
    columns = {**baselines, "Perceiver IO": numbers}
    lines = [_row("in percent", columns)]
    for head in heads:
        keys = [key for key in numbers if key.startswith(f"{head.name}.")]
        for key in keys:
            _, split, name = key.split(".")
            cells = [f"{100 * row[key]:.2f}" for row in columns.values()]
            lines.append(_row(f"{head.name} {split}, {_NAMES[name]}", cells))
    averages = [
        f"{100 * scores.average(heads, row):.2f}" for row in columns.values()
    ]
    return [*lines, _row("average", averages)]


def _row(name, cells):
    return f"{name:<28}" + "".join(f"{cell:>15}" for cell in cells)
