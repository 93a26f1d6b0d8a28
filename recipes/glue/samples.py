"""What the model answers, in words for people."""

from keras_perceiver import errors

_OF_EACH_TASK = 3


def answered_examples(task, data):
    """Returns held-out examples of each task: text, answer and truth.

    Args:
        task: a `ClassifyText`.
        data: the `GlueData`.
    """
    heldout = data.heldout()
    lines = []
    for number, text_task in enumerate(data.texts.tasks):
        examples = next(iter(heldout[text_task.name].values()))
        first = examples.first[:_OF_EACH_TASK]
        second = examples.second[:_OF_EACH_TASK]
        answers = task(first, second, task=text_task.name)
        lines += [""] * bool(number) + [text_task.name]
        for text, other, answer, target in zip(
            first, second, answers, examples.targets, strict=False
        ):
            lines += [f"  {_printable(one)}" for one in (text, other) if one]
            names = text_task.class_names
            truth = names[int(target)] if names else f"{target:.2f}"
            lines.append(f"    {describe(answer)}  (truth: {truth})")
    return "\n".join(lines)


def answer(task, words):
    """Answers `predict`: the name of a task, a text, and maybe a second.

    Args:
        task: a `ClassifyText`.
        words: of the command line.

    Raises:
        ValueError: if the task is none of the model's, or there is no text.
    """
    tasks = list(task.model.output)
    name, texts = (words[0], words[1:]) if words else ("", [])
    if name not in tasks and len(tasks) == 1:
        # Of one task there is nothing to choose.
        name, texts = tasks[0], list(words)
    if name not in tasks:
        raise errors.unknown("task of the model:", name, tasks)
    if not 1 <= len(texts) <= 2:
        raise ValueError(
            "predict takes a task, a text, and a second text where the task "
            f"compares: predict {tasks[0]} 'a text' 'a second text'. "
            f"Received: {len(texts)} texts"
        )
    return f"{name}: {describe(task(*texts, task=name))}"


def describe(found):
    """Returns a `Prediction` or a score as words."""
    if isinstance(found, float):
        return f"{found:.2f}"
    return "  ".join(
        f"{name} {share:.0%}"
        for name, share in zip(found.labels, found.probabilities, strict=True)
    )


def _printable(text):
    return errors.printable(text.decode(errors="replace"))
