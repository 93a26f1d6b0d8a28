"""What the label numbers of TFRecords mean."""

import collections
import re

import numpy as np


class RecordLabels:
    """The labels of all records, and the classes that they number.

    Attributes:
        labels: int64 `(n,)` for each file, as they are written.
        first_label: the number of the first class, 0 or 1.
        class_names: list of strings.

    Args:
        source: the files as the user named them.
        labels: as above.
        found_names: class names by label, from the records.
        names_file: `labels.txt`, which need not be there.

    Raises:
        ValueError: if what they mean cannot be told.
    """

    def __init__(self, source, labels, found_names, names_file):
        self.labels = labels
        every = np.unique(np.concatenate([np.zeros(0, np.int64), *labels]))
        every = every[every >= 0]
        if names_file.is_file():
            names = _read_names(names_file)
            self.first_label, count = min(names), len(names)
        elif len(every) == 0:
            raise ValueError(
                f"No record of {source} has a label. Wanted: numbers from 0 "
                "or from 1 in 'image/class/label'."
            )
        else:
            names = found_names
            self.first_label = 0 if every[0] == 0 else 1
            count = int(every[-1]) - self.first_label + 1
            if count > 2 * len(every):
                raise ValueError(
                    f"The labels of {source} run to {every[-1]:,}, but only "
                    f"{len(every):,} of them occur. Write what they mean into "
                    f"{names_file}, in lines of NUMBER:NAME; others then "
                    "count as unreadable."
                )
        numbers = range(self.first_label, self.first_label + count)
        shown = [names.get(number, str(number)) for number in numbers]
        times = collections.Counter(shown)
        self.class_names = [
            name if times[name] == 1 else f"{name} ({number})"
            for name, number in zip(shown, numbers, strict=True)
        ]


def _read_names(path):
    """The names in lines of `NUMBER:NAME`, by number."""
    names = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        match = re.fullmatch(r"\s*([0-9]{1,9}):(.*\S)\s*", line)
        if not match or int(match[1]) in names:
            raise ValueError(
                f"Line {number:,} of {path} is {line!r}. Wanted: NUMBER:NAME, "
                "each number once, such as 0:tench."
            )
        names[int(match[1])] = match[2].strip()
    if not names or sorted(names) not in (
        list(range(len(names))),
        list(range(1, len(names) + 1)),
    ):
        raise ValueError(
            f"The numbers in {path} have gaps. Wanted: a line for each class, "
            "numbered in a row from 0 or from 1."
        )
    return names
