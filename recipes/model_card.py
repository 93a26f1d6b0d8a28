"""The card of a run's model: what it is, how good, and how to use it.

It is written from the run's own files, in the layout of Hugging Face: a
`README.md` whose head is YAML. It lies beside the weights and in exports.
"""

import json
import pathlib

from keras_perceiver import files
from keras_perceiver.training.checkpoints import CARD_FILE
from recipes import results
from recipes.setting_listings import describe

# What Hugging Face calls them; others have no name there.
_PIPELINES = {
    "ClassifyImage": "image-classification",
    "ClassifyText": "text-classification",
    "ClassifyPieces": "text-classification",
    "FillMask": "fill-mask",
    "FillPieces": "fill-mask",
    "TagAudio": "audio-classification",
}


def write(path, run, recipe, configuration, task, *, step, evaluated):
    """Writes the card of a checkpoint.

    Args:
        path: the checkpoint's folder.
        run: its `RunFolder`, with all that `create` writes.
        recipe: the `Recipe`.
        configuration: the run's.
        task: the recipe's task on the model.
        step: of the checkpoint; None where that is not known.
        evaluated: whether `results.json` is of these weights.
    """
    numbers = _read(run.results_file)["model"] if evaluated else None
    sections = [
        _title(recipe, configuration, task, step),
        _data(run),
        _results(run, recipe, configuration, numbers, step),
        _configuration(run, configuration),
        _limits(run, configuration),
        _LICENCE,
        _use(recipe, task),
    ]
    head = _head(run, recipe, task, numbers)
    text = "\n\n".join([head, *sections]) + "\n"
    files.write_text(pathlib.Path(path) / CARD_FILE, text)


def of_export(path, precision):
    """Returns the card for an export of a checkpoint, None if it has none.

    Args:
        path: the checkpoint's folder.
        precision: what the export is written in, None for that of training.
    """
    file = pathlib.Path(path) / CARD_FILE
    if not file.is_file():
        return None
    card = file.read_text()
    if precision is None:
        return card
    return (
        f"{card}\n## This export\n\nIn {precision}. The results above are "
        "those of the weights as they were trained.\n"
    )


def _head(run, recipe, task, numbers):
    """The YAML; every value is JSON, which YAML contains."""
    head = {"library_name": "keras", "license": "unknown"}
    pipeline = _PIPELINES.get(type(task).__name__)
    if pipeline:
        head["pipeline_tag"] = pipeline
    head["tags"] = ["keras-perceiver", "perceiver-io", recipe.name]
    if numbers is not None:
        name = _read(run.data_file)["description"]
        metrics = [
            {"type": metric, "value": value}
            for metric, value in numbers.items()
            if value is not None
        ]
        result = {
            "task": {"type": pipeline or recipe.name},
            "dataset": {"name": name, "type": recipe.name, "split": "held out"},
            "metrics": metrics,
        }
        head["model-index"] = [{"name": recipe.name, "results": [result]}]
    lines = [f"{key}: {json.dumps(value)}" for key, value in head.items()]
    return "\n".join(["---", *lines, "---"])


def _title(recipe, configuration, task, step):
    model = configuration.model
    numbers = " with other numbers" if model.overrides else ""
    of_step = (
        "" if step is None else f" These are the weights of step {step:,}."
    )
    return (
        f"# {recipe.name}: {recipe.summary}\n\n"
        f"{results.architecture(model.preset)}, preset "
        f"`{model.preset}`{numbers}, {task.model.count_params():,} parameters, "
        f"trained by the recipe `{recipe.name}` of keras-perceiver.{of_step}"
    )


def _data(run):
    record = _read(run.data_file)
    lines = [
        f"- {key.replace('_', ' ')}: {json.dumps(value)}"
        for key, value in record.items()
        if key != "description"
    ]
    return "\n".join(["## Data", "", f"{record['description']}.", "", *lines])


def _results(run, recipe, configuration, numbers, step):
    if numbers is None:
        return _not_evaluated(run, recipe, step)
    baselines = _read(run.baselines_file)
    preset = configuration.model.preset
    rows = results.rows(recipe, numbers, baselines, preset)
    lines = [
        "## Results",
        "",
        "On held-out data, the worst first, as `evaluate` measured them for "
        "these weights. A baseline is to be beaten, a reference stands beside.",
        "",
        _table_row(["held out", *recipe.columns, ""]),
        _table_row(["---", *["---:"] * len(recipe.columns), "---"]),
        *(_table_row([name, *cells, kind]) for name, cells, kind in rows),
        "",
        *results.verdicts(recipe, numbers, baselines),
        "",
    ]
    lines += [
        f"- {name}: {row['description']}" for name, row in baselines.items()
    ]
    return "\n".join(lines).rstrip()


def _not_evaluated(run, recipe, step):
    lines = [
        "## Results",
        "",
        f"Not evaluated yet. `python -m recipes {recipe.name} evaluate` writes "
        "the results here, beside baselines and references.",
    ]
    name = f"heldout_{recipe.metric}"
    for row in run.read_rows("metrics.csv"):
        if row["step"] == step and name in row:
            lines.append(
                f"In training, the held-out {recipe.metric} of this step was "
                f"{row[name]:.4g}."
            )
    return "\n".join(lines)


def _configuration(run, configuration):
    lines = [f"{flag} {value}" for flag, value, _ in describe(configuration)]
    if run.start_file.is_file():
        start = pathlib.Path(_read(run.start_file)["from"])
        lines.append(f"--from {start.parent.name}/{start.name}")
    return "\n".join(["## Configuration", "", "```", *lines, "```"])


def _limits(run, configuration):
    machine = _read(run.machine_file)
    gpus = ", ".join(map(str, machine["gpus"])) or "no GPU"
    return (
        "## Limits\n\n"
        "- Nothing is known of inputs unlike the data above.\n"
        f"- One run, seed {configuration.training.seed}: how much another "
        "would differ was not measured.\n"
        "- Neither fairness nor misuse was looked at.\n"
        f"- Trained on {machine['cpus']} processors ({machine['processor']}), "
        f"{gpus}, with keras-perceiver {machine['keras_perceiver']}, Keras "
        f"{machine['keras']}, TensorFlow {machine['tensorflow']} and Python "
        f"{machine['python']}."
    )


_LICENCE = (
    "## Licence\n\n"
    "The library is under Apache-2.0. That of these weights is for whoever "
    "trained them to state, within what the data allow: put it in the head of "
    "this file, as `license`, and here."
)


def _use(recipe, task):
    lines = [
        "## Use",
        "",
        "```python",
        "from keras_perceiver.convert import load_pretrained",
        "",
        'model = load_pretrained("FOLDER")  # of model.safetensors',
    ]
    # Others need more than the model, which the recipe knows.
    if recipe.make_task is type(task):
        lines.insert(3, "from keras_perceiver import tasks")
        lines.append(f"task = tasks.{type(task).__name__}(model)")
    return "\n".join(
        [
            *lines,
            "```",
            "",
            "Ask and serve, in a clone of the library, with the run's folder:",
            "",
            "```",
            f"python -m recipes {recipe.name} predict --run-folder RUN "
            f"{recipe.request}",
            f"python -m recipes {recipe.name} export --run-folder RUN",
            f"keras-perceiver check saved_models/{recipe.name}",
            "keras-perceiver config saved_models",
            "```",
        ]
    )


def _table_row(cells):
    return f"| {' | '.join(cells)} |"


def _read(file):
    return json.loads(file.read_text())
