"""Where text comes from: files, Python's documentation, TFDS, mixtures.

`open_text` turns a user's words into a source. Every source gives the same
three things: training windows in an order that depends on a seed alone, so
that any position can be resumed; held-out windows; and a sample for counting
baselines on.
"""

import glob
import hashlib
import pathlib
import platform

import numpy as np
import tensorflow as tf

from keras_perceiver.data import text_mixture
from keras_perceiver.data import text_tfds

# What one in-memory source may hold; TensorFlow carries it as one tensor.
MAXIMUM_BYTES = 2_000_000_000
HELDOUT_SHARE = 0.1
DOCUMENT_SEPARATOR = b"\n\n"


class TextInMemory:
    """Text that fits in memory, cut into windows at random places.

    Args:
        training: bytes for training.
        heldout: bytes for evaluation alone.
        description: what it is, for people.
    """

    def __init__(self, training, heldout, description):
        self.training = np.frombuffer(training, np.uint8)
        self.heldout = np.frombuffer(heldout, np.uint8)
        self.description = description

    def check(self, length):
        """Raises `ValueError` unless both parts hold one whole window."""
        for name, part in [
            ("training", self.training),
            ("held-out", self.heldout),
        ]:
            if len(part) < length:
                raise ValueError(
                    f"The {name} part of {self.description} has "
                    f"{len(part):,} bytes, and one example takes {length:,}. "
                    "Give more text with --data, or make examples shorter "
                    "with --model.max-length."
                )

    def training_windows(self, length, seed, start=0):
        """Returns an endless `tf.data.Dataset` of uint8 `(length,)`.

        Args:
            length: bytes a window.
            seed: of the windows' places.
            start: the number of the first window; window `n` is the same
                wherever one starts.
        """
        text = tf.constant(self.training)
        places = len(self.training) - length + 1

        def window(number):
            place = tf.random.stateless_uniform(
                [], [seed, number], maxval=places, dtype=tf.int64
            )
            return text[place : place + length]

        numbers = tf.data.Dataset.range(start, np.iinfo(np.int64).max)
        return numbers.map(window, num_parallel_calls=tf.data.AUTOTUNE)

    def heldout_windows(self, length, limit=None):
        """Returns uint8 `(n, length)`: the held-out text, cut in a row."""
        count = len(self.heldout) // length
        return self.heldout[: count * length].reshape(count, length)[:limit]

    def training_sample(self, num_bytes):
        """Returns up to `num_bytes` of the training text, as uint8."""
        return self.training[:num_bytes]

    def record(self):
        """Returns what identifies this text, for the run's records."""
        digest = hashlib.sha256(self.training.tobytes())
        digest.update(self.heldout.tobytes())
        return {
            "description": self.description,
            "training_bytes": len(self.training),
            "heldout_bytes": len(self.heldout),
            "sha256": digest.hexdigest(),
            "python": platform.python_version(),
        }


def open_text(source):
    """Opens what a user named with `--data`.

    Args:
        source: `pydoc`; a text file, a folder or a glob; `tfds:NAME`; or a
            mixture, `SOURCE@WEIGHT,SOURCE@WEIGHT`.

    Raises:
        ValueError: if there is nothing to read, or what is there is no text;
            the message says which option cures it.
    """
    if not source:
        raise ValueError(
            "--data is empty. Wanted: 'pydoc', a text file, a folder, a glob "
            "in quotes, 'tfds:NAME' or a mixture 'SOURCE@WEIGHT,SOURCE@WEIGHT'."
        )
    if "," in source and not pathlib.Path(source).expanduser().exists():
        parts = text_mixture.parse(source)
        return text_mixture.TextMixture(
            [open_text(name) for name, _ in parts],
            [weight for _, weight in parts],
        )
    if source == "pydoc":
        return python_documentation()
    if source.startswith("tfds:"):
        return text_tfds.TextFromTfds(source.removeprefix("tfds:"))
    return text_files(source)


def python_documentation():
    """The documentation text that ships with CPython, split by topic.

    `pydoc_data.topics` differs a little between versions of Python; the
    split goes by the hash of a topic's name, so that a topic stays on its
    side.
    """
    from pydoc_data.topics import topics

    def side(is_heldout):
        chosen = [
            topics[name].encode()
            for name in sorted(topics)
            if _is_heldout(name) == is_heldout
        ]
        return DOCUMENT_SEPARATOR.join(chosen)

    return TextInMemory(
        side(False), side(True), "CPython's documentation (pydoc_data.topics)"
    )


def _is_heldout(name):
    return hashlib.sha256(name.encode()).digest()[0] < 256 * HELDOUT_SHARE


def text_files(pattern):
    """Text files; the last tenth of each is held out.

    Args:
        pattern: a file, a folder (every `.txt` file below it) or a glob.
    """
    paths = _find_files(pattern)
    total = sum(path.stat().st_size for path in paths)
    if total > MAXIMUM_BYTES:
        raise ValueError(
            f"{pattern} holds {total:,} bytes, and text files are read into "
            f"memory up to {MAXIMUM_BYTES:,}. Give fewer files, or build a "
            "TFDS data set from them and name it with --data tfds:NAME."
        )
    training, heldout = [], []
    for path in paths:
        content = _read_text(path)
        cut = len(content) - int(len(content) * HELDOUT_SHARE)
        training.append(content[:cut])
        heldout.append(content[cut:])
    if not any(training):
        raise ValueError(
            f"{pattern} is empty. Name a file with text in it: --data PATH"
        )
    return TextInMemory(
        DOCUMENT_SEPARATOR.join(training),
        DOCUMENT_SEPARATOR.join(heldout),
        f"{pattern} ({len(paths)} file{'s' * (len(paths) > 1)})",
    )


def _find_files(pattern):
    path = pathlib.Path(pattern).expanduser()
    if path.is_dir():
        paths = sorted(path.rglob("*.txt"))
        wanted = "a folder with .txt files in it"
    elif path.is_file():  # Even if its name looks like a glob.
        return [path]
    else:
        paths = sorted(map(pathlib.Path, glob.glob(str(path), recursive=True)))
        wanted = (
            "'pydoc', a text file, a folder, a glob in quotes, 'tfds:NAME' "
            "or a mixture 'SOURCE@WEIGHT,SOURCE@WEIGHT'"
        )
    paths = [path for path in paths if path.is_file()]
    if not paths:
        raise ValueError(f"--data {pattern}: no such file. Wanted: {wanted}.")
    return paths


def _read_text(path):
    content = path.read_bytes()
    # Any bytes can be modelled, but a NUL or mostly unprintable bytes are an
    # archive or an image that someone named by mistake.
    head = content[:65_536]
    controls = sum(byte < 32 and byte not in b"\t\n\v\f\r\x1b" for byte in head)
    if b"\0" in head or controls > len(head) / 20:
        raise ValueError(
            f"{path} is no text file: it holds {controls:,} control "
            f"characters in its first {len(head):,} bytes. Unpack it, or "
            "name only text files with --data 'FOLDER/*.txt'."
        )
    return content
