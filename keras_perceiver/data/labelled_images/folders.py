"""A folder of class folders, as ImageNet and most people's own images lie."""

import hashlib
import os

import numpy as np
import tensorflow as tf

from keras_perceiver.data import class_folders
from keras_perceiver.data.labelled_images import columns
from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.labelled_images.indexed import ImagesByIndex
from keras_perceiver.data.survivors import survivors

_READ_AT_ONCE = 8


class ImageFolder(ImagesByIndex):
    """Images in folders that are named as their classes.

    Classes are in the order of their sorted names. If there is a folder
    `train`, it has the class folders, and the first there is of `val`,
    `validation` and `test` those that are held out; else a tenth is, chosen
    by the hash of a file's name. Every file in a class folder or below it
    counts as an image, but for hidden ones. Links are followed, wherever
    they lead.

    A file `columns.csv` in the folder may tell more of each held-out image;
    its first column, `file`, is the image's path in the folder.

    Args:
        source: the folder as the user named it.
        path: the same as a `pathlib.Path`.
        label_skew: as `open_images` takes it.

    Raises:
        ValueError: if the folder is laid out in another way.
    """

    def __init__(self, source, path, label_skew=1.0):
        self.path = path
        parts = class_folders.scan_parts(path)
        class_names = sorted(parts[0][1])
        numbers = {name: number for number, name in enumerate(class_names)}
        rows = sorted(
            (name, size, numbers[class_name], is_heldout)
            for is_heldout, (_, classes) in enumerate(parts)
            for class_name, found in classes.items()
            for name, size in found
        )
        names, self._sizes, labels, is_heldout = zip(*rows, strict=True)
        self._root = os.fsencode(path)
        names = tf.constant(names)
        shown = " and ".join(name for name, _ in parts if name)
        super().__init__(
            f"{source} ({shown or f'{len(class_names):,} classes'})",
            class_names,
            names,
            np.array(labels, np.int64),
            np.array(is_heldout, bool)
            if len(parts) > 1
            else selection.is_heldout(names),
            label_skew,
        )

    def check(self):
        self.check_parts(
            self.training_counts(),
            len(self.heldout),
            f"Put some of each class into {self.path}/val/CLASS, and the "
            f"others into {self.path}/train/CLASS.",
        )
        # In a random order: of those in a row, all might be of one kind.
        self.check_readable(self.training_examples(0))
        self.columns(self.heldout)

    def read(self, indices):
        names = tf.gather(self.names, indices)
        paths = tf.strings.join([self._root, names], "/")
        files = tf.data.Dataset.from_tensor_slices(paths).enumerate()
        # A file that has gone or is not ours to read is left out here instead
        # of ending the training.
        files = files.map(
            lambda row, path: (row, tf.io.read_file(path)),
            num_parallel_calls=_READ_AT_ONCE,
        )
        count = tf.size(names, tf.int64)
        nothing = tf.zeros((0,), tf.int64), tf.zeros((0,), tf.string)
        rows, contents = survivors(files, nothing, count)
        # And comes back here, empty.
        return tf.scatter_nd(rows[:, None], contents, count[None])

    def columns(self, indices):
        path = self.path / "columns.csv"
        if not path.is_file():
            return {}
        names = self._names_of(range(len(self.labels)))
        table = columns.read(path, names)
        wanted = self._names_of(indices)
        columns.check_complete(path, table, wanted)
        first = next(iter(table.values()))
        return {
            column: [table[name][column] for name in wanted] for column in first
        }

    def record(self):
        digest = hashlib.sha256()
        for name, size in zip(self.names.numpy(), self._sizes, strict=True):
            digest.update(name + b"\0%d\n" % size)
        return {
            "description": self.description,
            "classes": len(self.class_names),
            "label_skew": self.label_skew,
            "training_examples": len(self.training),
            "heldout_examples": len(self.heldout),
            "sha256": digest.hexdigest(),
        }

    def _names_of(self, indices):
        names = tf.gather(self.names, list(indices)).numpy()
        return [os.fsdecode(name) for name in names]
