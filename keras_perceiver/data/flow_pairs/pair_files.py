"""Pairs whose frames and flow lie in files."""

import dataclasses
import hashlib
import os
import pathlib
import threading

import numpy as np
import PIL.Image
import tensorflow as tf

from keras_perceiver.data import flow as flow_data
from keras_perceiver.data.flow_pairs.base import FlowPairs

MAX_PIXELS = 2**24
_READ_AT_ONCE = 8
_KINDS = {
    "frames": (tf.uint8, (2, None, None, 3)),
    "flow": (tf.float32, (None, None, 2)),
    "valid": (tf.bool, (None, None)),
    "visible": (tf.bool, (None, None)),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairFile:
    """Where a pair lies.

    Attributes:
        first: path of the first frame, an image.
        second: of the frame that follows.
        flow: of the flow from the first to the second, `.flo` or KITTI's
            `.png`.
        covered: of a grey image, white where what the first frame shows
            cannot be seen in the second; or None.
        invalid: of a grey image, white where the flow does not count; or
            None.
        seen: of the same flow in KITTI's form, not known where what the first
            frame shows cannot be seen in the second; or None.
    """

    first: pathlib.Path
    second: pathlib.Path
    flow: pathlib.Path
    covered: pathlib.Path | None = None
    invalid: pathlib.Path | None = None
    seen: pathlib.Path | None = None

    def paths(self):
        """Returns the paths of all files that there are."""
        return [path for path in vars(self).values() if path is not None]


def read_pair(files):
    """Reads a pair.

    Flow that is no number, or beyond what `.flo` files call unknown, is zero
    and not valid.

    Args:
        files: a `PairFile`.

    Returns:
        A pair as `FlowPairs` has them, of arrays.

    Raises:
        ValueError: if a file is none of its kind, damaged, or of another size
            than the first frame; the message says which.
        OSError: if a file cannot be read.
    """
    first = read_frame(files.first)
    shape = first.shape[:2]
    second = _of_shape(read_frame(files.second), shape, files.second)
    if files.flow.suffix == ".flo":
        flow = flow_data.read_flo(files.flow)
        valid = np.ones(flow.shape[:2], bool)
    else:
        flow, valid = flow_data.read_kitti(files.flow)
    _of_shape(flow, shape, files.flow)
    # Not a number is not below it either.
    valid &= (np.abs(flow) < flow_data.UNKNOWN).all(axis=-1)
    if files.invalid is not None:
        valid &= ~_of_shape(_read_mask(files.invalid), shape, files.invalid)
    visible = np.ones(shape, bool)
    if files.covered is not None:
        visible = ~_of_shape(_read_mask(files.covered), shape, files.covered)
    if files.seen is not None:
        _, visible = flow_data.read_kitti(files.seen)
        _of_shape(visible, shape, files.seen)
    return {
        "frames": np.stack([first, second]),
        "flow": np.where(valid[..., None], flow, np.float32(0)),
        "valid": valid,
        "visible": visible,
    }


def read_frame(path):
    """Reads an image of any format that PIL knows, uint8 `(H, W, 3)`.

    Grey becomes RGB, transparency is dropped, and of 16 bits the higher eight
    are seen.

    Raises:
        ValueError: if it is none, damaged or too large.
        OSError: if the file cannot be read.
    """
    image = _open(path)
    if image.mode.startswith("I"):
        grey = np.asarray(image).astype(np.int64) >> 8
        return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, 2)
    return np.asarray(image.convert("RGB"))


def _read_mask(path):
    """A grey image of white and black, bool `(H, W)`."""
    return np.asarray(_open(path).convert("L")) > 127


def _open(path):
    # Where there is none, say that.
    with open(path, "rb") as file:
        try:
            image = PIL.Image.open(file)
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(
                    f"{path} has {image.width} x {image.height} pixels, and "
                    f"at most {MAX_PIXELS} in all are read."
                )
            image.load()
        except (OSError, SyntaxError, PIL.Image.DecompressionBombError) as e:
            raise ValueError(
                f"{path} is no image, or is damaged or cut off: {e}."
            ) from e
    return image


def _of_shape(array, shape, path):
    """Returns the array, or says that it is of another size."""
    if array.shape[:2] != shape:
        raise ValueError(
            f"{path} has {array.shape[1]} x {array.shape[0]} pixels, and its "
            f"first frame {shape[1]} x {shape[0]}."
        )
    return array


class PairFiles(FlowPairs):
    """Pairs of a data set on disk.

    A pair that cannot be read does not end the pass over the data: nothing of
    its flow is known then, and `raise_problems` tells of it.

    Args:
        description: what it is, for people.
        training: list of `PairFile`.
        heldout: list of `PairFile`.
    """

    def __init__(self, description, training, heldout):
        self.training = training
        self.heldout = heldout
        self.num_training = len(training)
        self.num_heldout = len(heldout)
        self.description = description
        self._problems = []
        # Several threads of tf.data read at once.
        self._lock = threading.Lock()

    def check(self):
        for part in (self.training, self.heldout):
            for files in part[:1]:
                read_pair(files)

    def training_pairs(self, numbers, seed):
        return self._pairs(numbers, self.training)

    def heldout_pairs(self):
        return self._pairs(
            tf.data.Dataset.range(self.num_heldout), self.heldout
        )

    def heldout_sizes(self):
        return [_size_of(files) for files in self.heldout]

    def record(self):
        digest = hashlib.sha256()
        for files in [*self.training, *self.heldout]:
            for path in files.paths():
                size = path.stat().st_size
                digest.update(os.fsencode(path.name) + b"\0%d\n" % size)
        return {
            "description": self.description,
            "training_pairs": self.num_training,
            "heldout_pairs": self.num_heldout,
            "sha256": digest.hexdigest(),
        }

    def raise_problems(self):
        with self._lock:
            if self._problems:
                raise ValueError(self._problems[0])

    def _pairs(self, numbers, part):
        def read(number):
            try:
                pair = read_pair(part[number])
            except (OSError, ValueError) as problem:
                with self._lock:
                    self._problems.append(str(problem))
                pair = _nothing(_size_of(part[number]))
            return [pair[name] for name in _KINDS]

        def read_in_graph(number):
            values = tf.numpy_function(
                read, [number], [dtype for dtype, _ in _KINDS.values()]
            )
            return {
                name: tf.ensure_shape(value, shape)
                for value, (name, (_, shape)) in zip(
                    values, _KINDS.items(), strict=True
                )
            }

        return numbers.map(read_in_graph, num_parallel_calls=_READ_AT_ONCE)


def _size_of(files):
    """Height and width of a pair's first frame; 1 and 1 if it has no head."""
    try:
        with PIL.Image.open(files.first) as image:
            return image.height, image.width
    except (OSError, SyntaxError, PIL.Image.DecompressionBombError):
        return 1, 1


def _nothing(size):
    """A pair of which nothing is known."""
    return {
        "frames": np.zeros((2, *size, 3), np.uint8),
        "flow": np.zeros((*size, 2), np.float32),
        "valid": np.zeros(size, bool),
        "visible": np.zeros(size, bool),
    }
