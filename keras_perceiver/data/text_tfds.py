"""Text from TensorFlow Datasets: documents, packed and cropped."""

import numpy as np
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.tfds_builder import find_builder

DOCUMENTS_PER_EXAMPLE = 10
DOCUMENT_SEPARATOR = b"\n\n"


class TextFromTfds:
    """Documents of a TFDS data set, streamed.

    Ten documents are joined and cropped at a random place to one example
    (Perceiver IO, section F.3). Documents come in TFDS's shuffled order of a
    seed, so a position is resumed by reading past what came before.

    Args:
        name: as TFDS takes it, such as `c4/en:3.1.0`; `#FEATURE` behind it
            names the text feature where it is not `text`.
    """

    def __init__(self, name):
        self.name, _, feature = name.partition("#")
        self.feature = feature or "text"
        self.description = f"tfds:{name}"
        self._tfds = errors.import_extra("tensorflow_datasets", "data")
        self._builder = find_builder(self.name)
        features = self._builder.info.features
        if self.feature not in features:
            raise ValueError(
                f"{self.name} has no feature {self.feature!r}"
                f"{errors.did_you_mean(self.feature, features)} "
                f"Name it with --data tfds:{self.name}#FEATURE"
            )

        if features[self.feature].np_dtype != np.object_:
            raise ValueError(
                f"The feature {self.feature!r} of {self.name} is no text: "
                f"{features[self.feature]}. Name one that is with --data "
                f"tfds:{self.name}#FEATURE"
            )

    def prepare(self):
        """Downloads and prepares the data set, with TFDS's own progress."""
        self._builder.download_and_prepare()

    def check(self, length):
        """Raises `ValueError` unless the data set has been prepared."""
        if not self._builder.is_prepared():
            raise ValueError(
                f"{self.description} is not on this machine. Download it "
                f"first: python -m recipes NAME prepare --data "
                f"{self.description}"
            )

    def training_windows(self, length, seed, start=0):
        """Returns an endless dataset of uint8 windows; see `TextInMemory`.

        A pack that is shorter than `length` gives a shorter window.
        """
        documents = self._documents("training", seed).repeat()
        documents = documents.skip(start * DOCUMENTS_PER_EXAMPLE)
        packs = documents.batch(DOCUMENTS_PER_EXAMPLE, drop_remainder=True)
        numbers = tf.data.Dataset.range(start, np.iinfo(np.int64).max)

        def window(number, texts):
            joined = tf.strings.reduce_join(texts, separator=DOCUMENT_SEPARATOR)
            text = tf.io.decode_raw(joined, tf.uint8)
            places = tf.maximum(tf.size(text) - length + 1, 1)
            place = tf.random.stateless_uniform(
                [], [seed, number], maxval=places, dtype=tf.int32
            )
            return text[place : place + length]

        return tf.data.Dataset.zip(numbers, packs).map(
            window, num_parallel_calls=tf.data.AUTOTUNE
        )

    def heldout_windows(self, length, limit=None):
        """Returns uint8 `(n, length)`: held-out documents, cut in a row.

        The split `validation` or `test` where there is one, else the last
        hundredth of `train`. At most `limit` windows, 1,000 if None.
        """
        wanted = (limit or 1_000) * length
        text = self._read("heldout", wanted)
        count = len(text) // length
        return text[: count * length].reshape(count, length)

    def training_sample(self, num_bytes):
        return self._read("training", num_bytes)

    def record(self):
        return {
            "description": self.description,
            "version": str(self._builder.version),
        }

    def _read(self, part, num_bytes):
        # Separators stand between documents: there is one less of them.
        collected, total = [], -len(DOCUMENT_SEPARATOR)
        for document in self._documents(part, 0).as_numpy_iterator():
            collected.append(document)
            total += len(document) + len(DOCUMENT_SEPARATOR)
            if total >= num_bytes:
                break
        joined = DOCUMENT_SEPARATOR.join(collected)[:num_bytes]
        return np.frombuffer(joined, np.uint8)

    def _documents(self, part, seed):
        names = set(self._builder.info.splits)
        own = [name for name in ("validation", "test") if name in names]
        if part == "heldout":
            split = own[0] if own else "train[99%:]"
        else:
            split = "train" if own else "train[:99%]"
        shuffled = part == "training"
        dataset = self._builder.as_dataset(
            split=split,
            shuffle_files=shuffled,
            read_config=self._tfds.ReadConfig(
                shuffle_seed=seed if shuffled else None,
                interleave_cycle_length=16 if shuffled else 1,
                # It warns whenever a reader stops early.
                try_autocache=False,
                # Some data sets are in order on purpose; here it is not kept.
                enable_ordering_guard=False,
            ),
        )
        return dataset.map(lambda features: features[self.feature])
