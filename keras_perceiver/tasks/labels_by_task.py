"""The tasks of a model of several, and the names of each one's classes."""

from collections.abc import Mapping

from keras_perceiver import errors
from keras_perceiver.tasks.labels import Labels
from keras_perceiver.tasks.labels import names_of


def tasks_of(kind, model):
    """Returns how many logits each task of a model has, by name.

    Args:
        kind: the class that asks, for the message.
        model: a Keras model.

    Raises:
        ValueError: if the model's output is no dictionary.
    """
    if not isinstance(model.output, dict):
        raise ValueError(
            f"{kind} takes a model with a dictionary of logits by task, "
            "such as from_preset('language_bytes_glue'). Received: "
            f"{model.name!r}"
        )
    return {name: logits.shape[-1] for name, logits in model.output.items()}


def find_task(tasks, task):
    """Returns `task`, if None the only one, or None where there are several.

    Raises:
        ValueError: if there is no such task.
    """
    if task is None:
        return next(iter(tasks)) if len(tasks) == 1 else None
    if task not in tasks:
        raise errors.unknown("task of the model:", task, tasks)
    return task


def labels_by_task(model, tasks, task, class_names, top_k):
    """Returns the `Labels` of each task by name, None for a regression.

    Args:
        model: whose `preprocessing["class_names"]` are taken where
            `class_names` is None.
        tasks: what `tasks_of` returned; one output is a regression.
        task: the one that a plain list of names is for, or None.
        class_names: lists of names by task, or a list; None for numbers.
        top_k: how many classes to name.

    Raises:
        ValueError: if the names are not those of the tasks' classes.
    """
    names = names_of(model, class_names)
    if names is not None and not isinstance(names, Mapping):
        if task is None:
            raise ValueError(
                "The model has several tasks, and class_names is one list. "
                "Name its task with task=, or give a list for each task: "
                f"class_names={{{next(iter(tasks))!r}: [...], ...}}"
            )
        names = {task: names}
    names = names or {}
    for name in names:
        if name not in tasks:
            raise errors.unknown("task of class_names:", name, tasks)
    return {
        name: _labels(name, count, names.get(name), top_k)
        for name, count in tasks.items()
    }


def _labels(task, num_outputs, names, top_k):
    if num_outputs > 1:
        try:
            return Labels(num_outputs, names, top_k)
        except ValueError as error:
            raise ValueError(f"Task {task!r}: {error}") from error
    if names:
        raise ValueError(
            f"Task {task!r} is a regression, which has no class_names. "
            f"Received: {list(names)}"
        )
    return None
