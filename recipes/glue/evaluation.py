"""The held-out scores of a model, by the libraries of the field."""

import numpy as np

from recipes.glue import scores
from recipes.glue.heads import side_by_side
from recipes.glue.start import check_start


def measure(model, data):
    """Returns a model's held-out scores by name.

    Args:
        model: a text classifier.
        data: the `GlueData`.

    Returns:
        `shortfall`, one less the average; and each split's scores, such as
        `cola.dev.matthews`.

    Raises:
        ValueError: if the model knows the pieces by other numbers.
    """
    check_start(data, getattr(model, "preprocessing", None))
    rows, logits = [], []
    for inputs, targets, _ in data.evaluation_dataset().as_numpy_iterator():
        rows.append(targets)
        logits.append(np.asarray(side_by_side(model.predict_on_batch(inputs))))
    rows, logits = np.concatenate(rows), np.concatenate(logits)
    heldout = data.heldout()
    numbers = {head.name: number for number, head in enumerate(data.heads)}

    def guess(head, split, examples):
        split_number = list(heldout[head.name]).index(split)
        chosen = rows[:, [0, 2]] == (numbers[head.name], split_number)
        own = slice(head.offset, head.offset + head.size)
        found = logits[chosen.all(axis=1), own]
        return found[:, 0] if head.size == 1 else found.argmax(axis=1)

    return scores.of_tasks(data.heads, heldout, guess)
