"""Images that cannot be read, counted and listed instead of ending a run."""

import csv
import threading

import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver import files

# Fewer stop nothing: a share of a few examples says little.
FEWEST_TO_STOP = 10


class Unreadable:
    """Notes of examples that could not be read, each once.

    Args:
        max_share: of the examples, from 0 to 1; `check` raises above it.
    """

    def __init__(self, max_share):
        if not 0 <= max_share <= 1:
            raise ValueError(
                "The share of unreadable images that is borne is a number "
                f"from 0 to 1. Received: {max_share}"
            )
        self.max_share = max_share
        self._problems = {}
        # Several threads of tf.data note at once.
        self._lock = threading.Lock()

    def __len__(self):
        return len(self._problems)

    def note(self, names, problems):
        """Notes the examples whose problem is not "".

        Works inside a graph too, where Python is called only if there is
        something to note.

        Args:
            names: string tensor `(B,)`.
            problems: string tensor `(B,)`, in words that follow "the image".
        """
        is_bad = tf.not_equal(problems, "")

        def call_python():
            bad = [tf.boolean_mask(part, is_bad) for part in (names, problems)]
            tf.py_function(self._note, bad, Tout=[])
            return True

        tf.cond(tf.reduce_any(is_bad), call_python, lambda: False)

    def check(self, num_seen):
        """Raises `ValueError` if too large a share cannot be read.

        Args:
            num_seen: how many different examples were tried.
        """
        count = len(self)
        if count == 0 or num_seen < 1:
            return
        is_few = count < FEWEST_TO_STOP or count <= self.max_share * num_seen
        if is_few and count < num_seen:
            return
        with self._lock:
            name, problem = min(self._problems.items())
        raise ValueError(
            f"{count:,} of {num_seen:,} images cannot be read, and "
            f"{self.max_share:.2%} of them are borne. One of them, {name}, "
            f"{problem} Mend or remove them, or raise the share."
        )

    def write(self, path):
        """Writes all notes as CSV, one line each, sorted by name.

        Control characters and bytes that are no UTF-8 stand as backslash
        escapes.

        Args:
            path: the file, such as `unreadable.csv` in the run folder.
        """
        with self._lock:
            rows = sorted(self._problems.items())
        files.write_csv(path, ["name", "problem"], rows)

    def load(self, path):
        """Takes over what `write` wrote, so that a resumed run keeps it."""
        with open(path, newline="") as content:
            rows = list(csv.reader(content))[1:]
        with self._lock:
            self._problems.update(rows)

    def _note(self, names, problems):
        with self._lock:
            for name, problem in zip(
                names.numpy(), problems.numpy(), strict=True
            ):
                self._problems.setdefault(_in_words(name), _in_words(problem))


def label_problems(labels, num_classes):
    """Says of each label outside the classes that it is; "" of the others.

    Args:
        labels: integer tensor `(B,)`.
        num_classes: how many classes there are.

    Returns:
        String tensor `(B,)`.
    """
    words = tf.strings.join(
        [
            "cannot be used: its label ",
            tf.as_string(labels),
            f" is outside the {num_classes:,} classes.",
        ]
    )
    is_inside = tf.logical_and(labels >= 0, labels < num_classes)
    return tf.where(is_inside, "", words)


def _in_words(content):
    """Bytes as one line of text, whatever they are."""
    return errors.printable(content.decode("utf-8", "backslashreplace"))
