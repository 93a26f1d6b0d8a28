"""Raw texts, images and numbers as requests, and answers row by row.

A client takes what the task takes in Python, and says what is wrong with a
row in the same words. Nothing here needs TensorFlow.
"""

import pathlib
import re

import numpy as np

from keras_perceiver.errors import unknown
from keras_perceiver.serving.messages.tensor_protos import STRING
from keras_perceiver.serving.messages.tensor_protos import as_array

# See `find_task`.
_TASKS = (
    ("Text", {"text_bytes": None}),
    ("Text", {"text_bytes": None, "second_text_bytes": b""}),
    ("Image", {"image_bytes": None}),
    ("Pair", {"first_image_bytes": None, "second_image_bytes": None}),
    ("Cloud", {"points": None}),
    ("Set", {"entities": None, "entity_mask": True}),
    ("Clip", {"audio": None, "video": 0}),
    ("Clip", {"video": None, "audio": None, "label": -1}),
)
_FOR_EACH_MASK = ("mask_positions", "top_bytes", "top_probabilities")
_FOR_EACH_ENTITY = ("entity_embeddings", "selection_probabilities")
# How an export refuses a batch in which every row has a problem.
_REFUSAL = re.compile(r"assertion failed: \[(.*?)\]\s*(?:\n|\[\[|$)", re.DOTALL)
_ROW = re.compile(
    r"row (\d+) of (\d+): (.*?)"
    r"(?= row \d+ of \d+: | More rows with a problem: |$)",
    re.DOTALL,
)


def find_task(inputs):
    """Returns what is known of a task by the names of its inputs.

    Returns:
        What a row is called, and the inputs in the order of the task's call,
        each with what stands for it where it is left out, None for nothing.

    Raises:
        ValueError: if no task takes them.
    """
    for kind, known in _TASKS:
        if set(known) == set(inputs):
            return kind, known
    raise ValueError(
        f"The export takes {', '.join(sorted(inputs))}, as no task does. Ask "
        "it by `predict` in Python."
    )


class RawRows:
    """Requests as people have them, one row at a time.

    Args:
        signature: the `ServedSignature` of an export's `serving_default`.
        items: the task's inputs in the order of its call: a text, an image
            or an array for one row, or a list of them.
        named: the same by the names of the inputs.

    Attributes:
        is_one: whether one row was given, and not a list.

    Raises:
        ValueError: if the task takes something else.
    """

    def __init__(self, signature, items, named):
        self._specs = signature.inputs
        self._kind, self._missing = find_task(self._specs)
        given = self._by_name(items, named)
        are_one = {
            name: _is_one(value, self._specs[name])
            for name, value in given.items()
        }
        self.is_one = all(are_one.values())
        if len(set(are_one.values())) > 1:
            raise ValueError(
                "Wanted: one row of every input, or lists of rows. Received: "
                + _listed(are_one, {True: "one", False: "a list"})
            )
        if self.is_one:
            given = {name: [value] for name, value in given.items()}
        for name, values in given.items():
            if not isinstance(values, list | tuple | np.ndarray):
                raise ValueError(
                    f"{name} is {_wanted(name, self._specs[name])}, or a list "
                    f"of these. Received: {type(values).__name__}"
                )
        counts = {name: len(values) for name, values in given.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(
                f"The inputs differ in rows. Received: {_listed(counts)}"
            )
        self._given = given
        self._count = next(iter(counts.values()))

    def __len__(self):
        return self._count

    def __iter__(self):
        """Yields arrays or bytes by input, read as they are needed."""
        for number in range(len(self)):
            row = {name: values[number] for name, values in self._given.items()}
            try:
                yield self._read(row)
            except ValueError as error:
                raise ValueError(f"{self.place(number)}: {error}") from error

    def place(self, number):
        """Such as `"Image 2 of 7 (cat.jpg)"`, for a number from 0 on."""
        place = f"{self._kind} {number + 1} of {len(self)}"
        if self._kind != "Image":
            return place
        image = self._given["image_bytes"][number]
        return place if isinstance(image, bytes) else f"{place} ({image})"

    def problem_of(self, message, first, count):
        """Returns what a refused batch is told by, or None if by nothing.

        Args:
            message: the server's.
            first: the number of the batch's first row, from 0 on.
            count: how many rows the batch has.
        """
        refusal = _REFUSAL.search(message)
        if refusal is None:
            return None
        words = refusal[1]
        row = _ROW.search(words)
        # The rows are counted in what the server ran, which may have had
        # others' rows beside these.
        if row and int(row[2]) == count:
            number, words = first + int(row[1]) - 1, row[3]
            return ValueError(f"{self.place(number)}: {words}")
        if count == 1:
            words = row[3] if row else words
            return ValueError(f"{self.place(first)}: {words}")
        return ValueError(
            f"{self._kind}s {first + 1} to {first + count} of {len(self)}: "
            f"{words}"
        )

    def _by_name(self, items, named):
        if len(items) > len(self._missing):
            raise ValueError(
                f"The task takes {', '.join(self._missing)}. Received: "
                f"{len(items)} inputs"
            )
        given = dict(zip(self._missing, items, strict=False))
        for name, value in named.items():
            if name not in self._missing:
                raise unknown("input", name, self._missing)
            if name in given:
                raise ValueError(f"{name} is given twice.")
            given[name] = value
        for name, stand_in in self._missing.items():
            if name not in given and stand_in is None:
                raise ValueError(
                    f"{name} is missing. The task takes "
                    f"{', '.join(self._missing)}."
                )
        return given

    def _read(self, row):
        values = {
            name: _read_value(value, name, self._specs[name])
            for name, value in row.items()
        }
        if "entities" in values and "entity_mask" not in values:
            values |= _padded(values["entities"], self._specs["entities"])
        for name, stand_in in self._missing.items():
            spec = self._specs[name]
            if name not in values:
                values[name] = stand_in
                if spec.dtype != STRING:
                    values[name] = as_array(
                        np.full(spec.shape[1:], stand_in), spec.dtype
                    )
            _check_shape(values[name], name, spec)
        return values


def batches(rows, most):
    """Yields lists of at most so many rows, all of equal shapes."""
    batch = []
    for row in rows:
        if batch and (len(batch) == most or _shapes(row) != _shapes(batch[0])):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def stacked(batch):
    """Returns an array for each input from a list of rows."""
    return {
        name: np.array(
            [row[name] for row in batch],
            object if isinstance(batch[0][name], bytes) else None,
        )
        for name in batch[0]
    }


def unpadded(row, request):
    """Returns a row's answers without what stands behind the last.

    Args:
        row: arrays or bytes by output.
        request: what it answers, by input.
    """
    counts = {}
    if "mask_positions" in row:
        count = int(np.sum(row["mask_positions"] >= 0))
        counts.update(dict.fromkeys(_FOR_EACH_MASK, count))
    if "entity_mask" in request:
        # Sets that came without a mask have their entities in front.
        held = np.flatnonzero(request["entity_mask"])
        count = int(held[-1]) + 1 if held.size else 0
        counts.update(dict.fromkeys(_FOR_EACH_ENTITY, count))
    return {
        name: value[: counts[name]] if name in counts else value
        for name, value in row.items()
    }


def _is_one(value, spec):
    if spec.dtype == STRING:
        return isinstance(value, str | bytes | pathlib.Path)
    if isinstance(value, list | tuple):
        return False
    return np.ndim(value) < len(spec.shape)


def _listed(values, words=None):
    return ", ".join(
        f"{name}: {words[value] if words else value}"
        for name, value in values.items()
    )


def _read_value(value, name, spec):
    if spec.dtype != STRING:
        return as_array(value, spec.dtype)
    if isinstance(value, bytes):
        return value
    if name.endswith("image_bytes") and isinstance(value, str | pathlib.Path):
        return pathlib.Path(value).expanduser().read_bytes()
    if isinstance(value, str):
        # Bytes on a command line that are no UTF-8 come as surrogates.
        return value.encode(errors="surrogateescape")
    raise ValueError(
        f"{name} is {_wanted(name, spec)}. Received: {type(value).__name__}"
    )


def _wanted(name, spec):
    if spec.dtype != STRING:
        return "an array"
    if name.endswith("image_bytes"):
        return "the bytes of a file or its path"
    return "text or bytes"


def _padded(entities, spec):
    """A set filled up to the slots that there are, and which are taken."""
    slots, count = spec.shape[1], len(entities)
    if entities.ndim == 2 and count <= slots:
        entities = np.pad(entities, [(0, slots - count), (0, 0)])
    return {"entities": entities, "entity_mask": np.arange(slots) < count}


def _check_shape(value, name, spec):
    came = np.shape(value)
    wanted = spec.shape[1:]
    fits = len(came) == len(wanted) and all(
        size in (None, length)
        for size, length in zip(wanted, came, strict=True)
    )
    if not fits:
        words = ", ".join("any" if n is None else str(n) for n in wanted)
        raise ValueError(
            f"{name} has the shape {came} and should have ({words})."
        )


def _shapes(row):
    return {name: np.shape(value) for name, value in row.items()}
