"""What every source of labelled texts gives."""

import dataclasses
import hashlib

import numpy as np


@dataclasses.dataclass(frozen=True)
class TextTask:
    """What is asked of a text or of a pair of texts.

    Attributes:
        name: of letters, digits and `_`, such as `sst2`.
        class_names: in the order of their numbers; empty for a regression.
        is_pair: whether two texts are asked about.
    """

    name: str
    class_names: tuple[str, ...]
    is_pair: bool


@dataclasses.dataclass(frozen=True, eq=False)
class TextExamples:
    """The examples of one part of one task.

    Attributes:
        first: the texts, as bytes.
        second: the second text of each; empty where there is none.
        targets: float32 `(n,)`, the number of a class, or a score.
    """

    first: list[bytes]
    second: list[bytes]
    targets: np.ndarray

    def __len__(self):
        return len(self.first)


@dataclasses.dataclass(frozen=True, eq=False)
class TaskParts:
    """All examples of one task.

    Attributes:
        training: a `TextExamples`.
        heldout: a `TextExamples` for each split by its name.
        left_out: a `LeftOut`.
    """

    training: TextExamples
    heldout: dict[str, TextExamples]
    left_out: "LeftOut"


class LeftOut:
    """How many rows are not used and why, with the first of each kind."""

    def __init__(self):
        self._kinds = {}

    def add(self, place, reason, row, detail=""):
        """Counts a row.

        Args:
            place: where it stood, such as a file's name.
            reason: why it is not used; few different ones, they are kept.
            row: its number.
            detail: what is told of the first row alone.
        """
        count, *first = self._kinds.get((place, reason), (0, row, detail))
        self._kinds[place, reason] = (count + 1, *first)

    def __len__(self):
        return sum(count for count, *_ in self._kinds.values())

    def lines(self):
        """Returns a line for people for each place and reason."""
        return [
            f"{place}: {count:,} row{'s' * (count > 1)} left out, {reason} "
            f"(first: row {row:,}{detail and f', {detail}'})"
            for (place, reason), (count, row, detail) in self._kinds.items()
        ]


class LabelledTexts:
    """Labelled texts of one or more tasks, in memory once they are asked for.

    Subclasses define `read`.

    Args:
        description: what it is, for people.
        tasks: `TextTask`s.
    """

    def __init__(self, description, tasks):
        self.description = description
        self.tasks = tuple(tasks)
        self._parts = {}

    def read(self, task):
        """Returns the `TaskParts` of a `TextTask`."""
        raise NotImplementedError

    def prepare(self):
        """Downloads what training reads."""

    def check(self):
        """Raises `ValueError` unless every task can be trained and judged."""
        for task in self.tasks:
            self._read_once(task.name)

    def training(self, name):
        """Returns the `TextExamples` that a task is trained on."""
        return self._read_once(name).training

    def heldout(self, name):
        """Returns by split the `TextExamples` that a task is judged on."""
        return self._read_once(name).heldout

    def describe(self):
        """Returns lines for people: what there is, and what is left out."""
        lines = [self.description]
        for task in self.tasks:
            parts = self._read_once(task.name)
            heldout = ", ".join(
                f"{len(examples):,} {split}"
                for split, examples in parts.heldout.items()
            )
            lines.append(
                f"{task.name} ({_kind(task)}): {len(parts.training):,} "
                f"training examples; held out: {heldout}"
            )
            lines += [f"{task.name}, {line}" for line in parts.left_out.lines()]
        return lines

    def record(self):
        """Returns what identifies the data, for the run's records."""
        digest = hashlib.sha256()
        counts = {}
        for task in self.tasks:
            parts = self._read_once(task.name)
            digest.update(repr((task.name, *task.class_names)).encode())
            for examples in (parts.training, *parts.heldout.values()):
                _add_contents(digest, examples)
            counts[task.name] = {
                "training_examples": len(parts.training),
                "heldout_examples": {
                    split: len(examples)
                    for split, examples in parts.heldout.items()
                },
                "left_out": len(parts.left_out),
            }
        return {
            "description": self.description,
            "tasks": counts,
            "sha256": digest.hexdigest(),
        }

    def _read_once(self, name):
        if name not in self._parts:
            (task,) = choose([name], self.tasks, self.description)
            self._parts[name] = check_parts(task, self.read(task))
        return self._parts[name]


def choose(names, tasks, source):
    """Returns the tasks that are wanted, in their own order.

    Args:
        names: of tasks; None for all.
        tasks: the `TextTask`s that there are.
        source: where, as the user named it.

    Raises:
        ValueError: if one is not there, or none is wanted.
    """
    if names is None:
        return tasks
    there = [task.name for task in tasks]
    if not names:
        raise ValueError(f"No task is chosen of {source}: {', '.join(there)}.")
    for name in names:
        if name not in there:
            raise ValueError(
                f"{source} has no task {name!r}. It has {', '.join(there)}."
            )
    return [task for task in tasks if task.name in names]


def check_parts(task, parts):
    """Returns `parts` if no part of a task is empty, and else raises.

    Args:
        task: a `TextTask`.
        parts: its `TaskParts`.

    Raises:
        ValueError: with the first reasons why rows were left out.
    """
    named = {"training": parts.training}
    named |= {
        f"held-out ({name})": part for name, part in parts.heldout.items()
    }
    for name, examples in named.items():
        if len(examples) == 0:
            reasons = parts.left_out.lines()[:3]
            said = "; ".join(reasons) or "no row"
            raise ValueError(
                f"The {name} part of the task {task.name} has no example. "
                f"Left out of all its files: {said}. Mend the data, or "
                "choose other tasks."
            )
    return parts


def _kind(task):
    """What a task asks for, in a few words."""
    what = "pairs" if task.is_pair else "texts"
    if not task.class_names:
        return f"{what}, a score"
    shown = ", ".join(task.class_names[:5])
    more = ", ..." if len(task.class_names) > 5 else ""
    return f"{what}, {len(task.class_names):,} classes: {shown}{more}"


def _add_contents(digest, examples):
    """Adds texts, each behind its length, and targets to a hash."""
    for text in (*examples.first, *examples.second):
        digest.update(b"%d:" % len(text))
        digest.update(text)
    digest.update(examples.targets.astype("<f4").tobytes())
