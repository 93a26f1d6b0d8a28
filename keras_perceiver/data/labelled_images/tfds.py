"""Image classification sets of TensorFlow Datasets."""

import functools
import hashlib
import os

import numpy as np
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data import shards
from keras_perceiver.data.labelled_images import label_index
from keras_perceiver.data.labelled_images import tfds_features
from keras_perceiver.data.labelled_images.sharded import ImagesInShards
from keras_perceiver.data.tfds_builder import find_builder

_HELDOUT_SPLITS = ("validation", "test")
# Where none of these is there.
_TRAINING_SHARE = 90
# Up to here the labels of a data set are counted without being asked for.
_COUNTED_BYTES = 2**30
_READ_AT_ONCE = 1024
_LONGEST_TEXT = 100


class ImagesFromTfds(ImagesInShards):
    """The split `train` of a TFDS data set, its images as they are stored.

    Held out is the split `validation`, else `test`, else the last tenth of
    `train`.

    Args:
        name: as TFDS takes it, such as `imagenet2012:5.1.0`;
            `#IMAGE_FEATURE,LABEL_FEATURE` behind it names features that
            cannot be told by themselves.
        label_skew: as `open_images` takes it.
    """

    def __init__(self, name, label_skew=1.0):
        super().__init__(label_skew)
        self.name, _, wanted = name.partition("#")
        self.description = f"tfds:{name}"
        self._tfds = errors.import_extra("tensorflow_datasets", "data")
        self._builder = find_builder(self.name)
        features = self._builder.info.features
        self.image, self.label = tfds_features.find(self.name, features, wanted)
        self.class_names = list(features[self.label].names)
        # By the limit: reading them takes a pass over what is held out.
        self._other_columns = {}

    def prepare(self):
        """Downloads and prepares the data set, with TFDS's own progress."""
        try:
            self._builder.download_and_prepare()
        except AssertionError as error:
            # Some data sets are only given to those who sign for them.
            raise ValueError(
                f"TensorFlow Datasets cannot download {self.name}. It says: "
                f"{error}"
            ) from None
        if self.label_skew != 1:
            self.training_labels  # noqa: B018

    def check(self):
        if not self._can_be_read():
            raise ValueError(
                f"{self.description} is not on this machine. Download it "
                f"first: python -m recipes NAME prepare --data "
                f"'{self.description}'"
            )
        splits = self._builder.info.splits
        if splits and "train" not in splits:
            raise ValueError(
                f"{self.name} has no split 'train'. It has: "
                f"{', '.join(splits)}. Name another data set with --data."
            )
        if self._stored_format() not in (None, "tfrecord"):
            raise ValueError(
                f"{self.name} is stored as {self._stored_format()}, and only "
                "TFRecord is read. Prepare it again in TFDS's default format."
            )
        self.check_parts(self._counts_under_skew(), self.num_heldout(), "")
        self.check_readable(self.training_in_order())

    @functools.cached_property
    def training_shards(self):
        has_own = self._heldout_split() != _last_tenth()
        split = "train" if has_own else f"train[:{_TRAINING_SHARE}%]"
        return self._shards_of(split)

    @functools.cached_property
    def heldout_shards(self):
        return self._shards_of(self._heldout_split())

    @functools.cached_property
    def training_labels(self):
        return self._labels_of(self.training_shards)

    @functools.cached_property
    def heldout_labels(self):
        return self._labels_of(self.heldout_shards)

    def parse(self, record):
        found = self._decode(record, [self.image, self.label])
        return {"image_bytes": found[self.image], "label": found[self.label]}

    def training_counts(self):
        is_known = "training_labels" in vars(self)
        if not is_known and self.training_shards.num_bytes() > _COUNTED_BYTES:
            return None
        return super().training_counts()

    def heldout_columns(self, limit=None):
        """As the base has it, with all of TFDS's other short features.

        Class labels, integers, booleans and texts, unless one is longer than
        100 bytes. A column called `label` is always the class.
        """
        if limit not in self._other_columns:
            self._other_columns[limit] = self._read_columns(limit)
        return {**self._other_columns[limit], **super().heldout_columns(limit)}

    def record(self):
        digest = hashlib.sha256()
        for part in (self.training_shards, self.heldout_shards):
            sizes = [size for size, _ in part.stamps()]
            for file in zip(part.names, sizes, part.counts, strict=True):
                digest.update(repr(file).encode())
        return {
            "description": self.description,
            "version": str(self._builder.version),
            "classes": len(self.class_names),
            "label_skew": self.label_skew,
            "training_examples": self.num_training(),
            "heldout_examples": self.num_heldout(),
            "sha256": digest.hexdigest(),
        }

    def _read_columns(self, limit):
        features = self._builder.info.features
        names = tfds_features.short_ones(features, self.label)
        if not names:
            return {}
        records = shards.in_order(self.heldout_shards, self._choice(limit))
        found = records.map(lambda _, record: self._decode(record, names))
        columns = {name: [] for name in names}
        for batch in found.batch(_READ_AT_ONCE).as_numpy_iterator():
            for name, values in batch.items():
                columns[name] += tfds_features.in_words(features[name], values)
        return {
            name: values
            for name, values in columns.items()
            if max(map(len, values), default=0) <= _LONGEST_TEXT
        }

    def _heldout_split(self):
        names = self._builder.info.splits
        own = [name for name in _HELDOUT_SPLITS if name in names]
        return own[0] if own else _last_tenth()

    def _shards_of(self, split):
        if not self._builder.info.splits:
            return _Unstored(self._builder, split, self._decoders)
        files = self._builder.info.splits[split].file_instructions
        return shards.RecordFiles(
            [file.filename for file in files],
            [os.path.basename(file.filename) for file in files],
            [file.skip for file in files],
            [file.take for file in files],
        )

    def _labels_of(self, part):
        def scan(number):
            labels = part.read(number).map(
                lambda record: self._decode(record, [self.label])[self.label],
                num_parallel_calls=tf.data.AUTOTUNE,
            )
            batches = labels.batch(_READ_AT_ONCE).as_numpy_iterator()
            return [label for batch in batches for label in batch.tolist()], {}

        found, _ = label_index.read(
            part, self.label, scan, part.folder(), self.description
        )
        return np.array([label for file in found for label in file], np.int64)

    def _decode(self, record, names):
        """These features of a record, with images as they are stored."""
        if isinstance(record, dict):
            return {name: record[name] for name in names}
        partial = self._tfds.decode.PartialDecoding(dict.fromkeys(names, True))
        features = partial.extract_features(self._builder.info.features)
        decoders = {
            name: decoder
            for name, decoder in self._decoders.items()
            if name in names
        }
        return features.deserialize_example(record, decoders=decoders)

    @property
    def _decoders(self):
        return {self.image: self._tfds.decode.SkipDecoding()}

    def _counts_under_skew(self):
        """Training examples by class, for a check of the skew alone.

        Some data sets name classes that none of their images is of.
        """
        if self.label_skew == 1:
            return None
        was_empty = ~np.isin(
            np.arange(len(self.class_names)), self.training_labels
        )
        return np.maximum(self.training_counts(), was_empty)

    def _can_be_read(self):
        if self._builder.is_prepared():
            return True
        try:
            # Under `tfds.testing.mock_data` it can.
            self._builder.as_dataset(split="train")
        except (AssertionError, ValueError):
            return False
        return True

    def _stored_format(self):
        if not self._builder.info.splits:
            return None
        return self._builder.info.file_format.value


class _Unstored:
    """One shard that TFDS makes up, as `tfds.testing.mock_data` does."""

    def __init__(self, builder, split, decoders):
        self._builder, self._split = builder, split
        self._decoders = decoders
        self.names, self.skips = [builder.name], [0]
        self.paths = [""]
        self.counts = [sum(1 for _ in self.read(0))]

    def read(self, number):
        return self._builder.as_dataset(
            split=self._split, decoders=self._decoders
        )

    def num_bytes(self):
        return 0

    def stamps(self):
        return [[0, 0]]

    def folder(self):
        return None


def _last_tenth():
    return f"train[{_TRAINING_SHARE}%:]"
