"""Where each task's logits stand, and what its score is.

A multitask model has a dictionary of outputs, and each example is of one task
alone. So all logits are trained as one row, next to each other, and a target
says whose example it is: `(task, value, split)`, three numbers.
"""

import dataclasses

import keras

MATTHEWS = "matthews"
PEARSON = "pearson"
ACCURACY = "accuracy"


@dataclasses.dataclass(frozen=True)
class Head:
    """One task's logits among all.

    Attributes:
        name: of the task.
        offset: the place of its first logit.
        size: the number of its logits; 1 is a regression.
    """

    name: str
    offset: int
    size: int

    @property
    def score(self):
        """What the paper reports of this task (table 14)."""
        if self.size == 1:
            return PEARSON
        return MATTHEWS if self.name == "cola" else ACCURACY


def heads_of(task_outputs):
    """Returns the `Head`s of pairs of a name and a number of logits."""
    heads, offset = [], 0
    for name, size in task_outputs:
        heads.append(Head(name, offset, size))
        offset += size
    return tuple(heads)


def side_by_side(outputs):
    """Returns the logits of all tasks as one tensor `(B, logits)`."""
    return keras.ops.concatenate(list(outputs.values()), axis=-1)
