"""TFRecords as the usual scripts make them of ImageNet."""

import functools
import hashlib
import os
import pathlib
import re

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from keras_perceiver.data import shards
from keras_perceiver.data.labelled_images import label_index
from keras_perceiver.data.labelled_images import record_labels
from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.labelled_images.sharded import ImagesInShards

IMAGE = "image/encoded"
LABEL = "image/class/label"
# An ImageNet synset tells two classes of one word apart.
_CLASS_NAMES = ("image/class/synset", "image/class/text")
_TRAINING_WORDS = {"train", "training"}
# Where there are several, the first counts.
_HELDOUT_WORDS = ({"validation", "valid", "val"}, {"test"})
_READ_AT_ONCE = 1024


def shards_in(folder):
    """Returns the TFRecord files of a folder, sorted.

    By their names, `*.tfrecord*` or `NAME-00000-of-01024`.
    """
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and (
            ".tfrecord" in path.name
            or re.search(r"-\d{5}-of-\d{5}$", path.name)
        )
        and path.is_file()
    )


class ImagesFromRecords(ImagesInShards):
    """Images in TFRecords of `image/encoded` and `image/class/label`.

    Files with the word `train` in their names are for training, and those
    with `validation`, `val` or else `test` are held out. Where no name says
    so, a tenth of all records is held out, chosen by hash.

    All labels are counted once. A file `labels.txt` beside the first file
    says what they mean, in lines of `NUMBER:NAME`. Without it they are
    numbers from 1, as is usual in ImageNet's, unless a 0 occurs; classes are
    named by `image/class/synset`, `image/class/text` or else their number.

    Args:
        source: the files as the user named them.
        paths: the same as a sorted list of `pathlib.Path`.
        label_skew: as `open_images` takes it.
    """

    def __init__(self, source, paths, label_skew=1.0):
        super().__init__(label_skew)
        self.source = source
        self.description = f"{source} ({len(paths):,} TFRecord files)"
        self.folder = paths[0].parent
        training, heldout = _split(source, paths)
        self._num_training_files = len(training)
        self._is_split = bool(heldout)
        paths = [*training, *heldout]
        above = os.path.commonpath([path.parent for path in paths])
        self._all = shards.RecordFiles(
            [str(path) for path in paths],
            [os.path.relpath(path, above) for path in paths],
            [0] * len(paths),
            [-1] * len(paths),
        )

    def prepare(self):
        """Counts the labels, with the time that it takes still."""
        self._counted  # noqa: B018

    def check(self):
        self.prepare()
        self.check_parts(
            self.training_counts(),
            self.num_heldout(),
            "Name some of the files validation-* and the others train-*.",
        )
        self.check_readable(self.training_in_order())

    @property
    def class_names(self):
        return self._counted.class_names

    @property
    def training_shards(self):
        return self._part(slice(0, self._num_training_files))

    @property
    def heldout_shards(self):
        if not self._is_split:
            return self.training_shards
        return self._part(slice(self._num_training_files, None))

    @property
    def training_labels(self):
        return self._labels(slice(0, self._num_training_files))

    @property
    def heldout_labels(self):
        if not self._is_split:
            return self.training_labels
        return self._labels(slice(self._num_training_files, None))

    def is_training(self):
        heldout = self.is_heldout()
        return None if heldout is None else ~heldout

    def is_heldout(self):
        return None if self._is_split else self._is_heldout_by_hash

    def parse(self, record):
        found = tf.io.parse_single_example(
            record,
            {
                IMAGE: tf.io.FixedLenFeature([], tf.string, ""),
                LABEL: tf.io.FixedLenFeature([], tf.int64, -1),
            },
        )
        label = found[LABEL] - self._counted.first_label
        return {"image_bytes": found[IMAGE], "label": label}

    def record(self):
        digest = hashlib.sha256()
        sizes = [size for size, _ in self._all.stamps()]
        for name, size in sorted(zip(self._all.names, sizes, strict=True)):
            digest.update(os.fsencode(name) + b"\0%d\n" % size)
        return {
            "description": self.description,
            "classes": len(self.class_names),
            "first_label": self._counted.first_label,
            "label_skew": self.label_skew,
            "training_examples": self.num_training(),
            "heldout_examples": self.num_heldout(),
            "sha256": digest.hexdigest(),
        }

    @functools.cached_property
    def _counted(self):
        self._check_first_record()
        labels, names = label_index.read(
            self._all, LABEL, self._scan, self.folder, self.source
        )
        return record_labels.RecordLabels(
            self.source,
            [np.array(part, np.int64) for part in labels],
            names,
            self.folder / "labels.txt",
        )

    @functools.cached_property
    def _is_heldout_by_hash(self):
        return selection.is_heldout(shards.names_of(self.training_shards))

    def _part(self, numbers):
        return shards.RecordFiles(
            self._all.paths[numbers],
            self._all.names[numbers],
            self._all.skips[numbers],
            [len(part) for part in self._counted.labels[numbers]],
        )

    def _labels(self, numbers):
        labels = [*self._counted.labels[numbers], np.zeros(0, np.int64)]
        return np.concatenate(labels) - self._counted.first_label

    def _scan(self, number):
        spec = {LABEL: tf.io.FixedLenFeature([], tf.int64, -1)}
        for name in _CLASS_NAMES:
            spec[name] = tf.io.FixedLenFeature([], tf.string, "")
        batches = self._all.read(number).batch(_READ_AT_ONCE)
        batches = batches.map(lambda batch: tf.io.parse_example(batch, spec))
        labels, class_names = [], {}
        try:
            for batch in batches.as_numpy_iterator():
                labels += batch[LABEL].tolist()
                for name in reversed(_CLASS_NAMES):
                    found = zip(batch[LABEL].tolist(), batch[name], strict=True)
                    class_names |= {
                        label: word for label, word in found if word
                    }
        except (tf.errors.DataLossError, tf.errors.InvalidArgumentError):
            raise ValueError(
                f"{self._all.paths[number]} is damaged or cut off after its "
                f"record {len(labels):,} or soon after. Copy it again, or "
                "take it out of what --data names."
            ) from None
        return labels, {
            label: name.decode("utf-8", "backslashreplace")
            for label, name in class_names.items()
        }

    def _check_first_record(self):
        path = self._all.paths[0]
        try:
            record = next(self._all.read(0).take(1).as_numpy_iterator(), b"")
            found = tf.train.Example.FromString(record).features.feature
        except (tf.errors.DataLossError, DecodeError):
            raise ValueError(
                f"{path} is no TFRecord file of tf.train.Example, or it is "
                "compressed or damaged. Name TFRecords with --data."
            ) from None
        kinds = {name: found[name].WhichOneof("kind") for name in found}
        missing = [
            name
            for name, kind in ((IMAGE, "bytes_list"), (LABEL, "int64_list"))
            if kinds.get(name) != kind
        ]
        if missing:
            cure = "Write them so, or name a folder of images with --data."
            if (pathlib.Path(path).parent / "dataset_info.json").is_file():
                cure = "It is of TensorFlow Datasets: --data tfds:NAME."
            shown = ", ".join(sorted(found)) or "nothing"
            raise ValueError(
                f"The first record of {path} has no {missing[0]!r}, or one of "
                f"another kind. It has: {shown}. {cure}"
            )


def _split(source, paths):
    """Which files are trained on and which held out, by their names."""
    words = {
        path: set(re.findall(r"[a-z]+", path.name.lower())) for path in paths
    }
    training = [path for path in paths if words[path] & _TRAINING_WORDS]
    named = set().union(*_HELDOUT_WORDS)
    heldout = [
        path for path in paths if words[path] & named and path not in training
    ]
    others = [path for path in paths if path not in {*training, *heldout}]
    if training and others:
        raise ValueError(
            f"Some files of {source} are named train, and {others[0].name!r} "
            "is neither that nor validation. Rename it, or name a glob "
            "without it with --data."
        )
    if heldout and not (training or others):
        raise ValueError(
            f"All files of {source} are held out by their names, such as "
            f"{heldout[0].name!r}. Name those for training too with --data."
        )
    for names in _HELDOUT_WORDS:
        found = [path for path in heldout if words[path] & names]
        if found:
            return training or others, found
    return training or others, []
