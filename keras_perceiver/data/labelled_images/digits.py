"""Handwritten digits of scikit-learn, small enough for a laptop."""

import hashlib

import numpy as np
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.image_files import image_bytes
from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.labelled_images.indexed import ImagesByIndex

NUM_HELDOUT = 400
MARGIN = 1
_LARGEST_VALUE = 16


class Digits(ImagesByIndex):
    """1,797 digits of 8 x 8 grey pixels, as PNG files in memory.

    Each has a black margin of one pixel, of 10 x 10 then, so that the
    published evaluation's crop is the digit itself and cuts nothing off.

    Always the same 400 are held out. The column `ink` is `thick` for digits
    with more ink than the median of all, else `thin`.

    Args:
        label_skew: as `open_images` takes it.
    """

    def __init__(self, label_skew=1.0):
        data = errors.import_extra("sklearn.datasets", "data").load_digits()
        self.pixels = np.round(data.images * (255 / _LARGEST_VALUE)).astype(
            "uint8"
        )
        self._files = tf.constant(
            [image_bytes(np.pad(image, MARGIN)) for image in self.pixels]
        )
        self._ink = data.images.sum(axis=(1, 2))
        labels = data.target.astype("int64")
        names = [f"digit_{number:04d}" for number in range(len(labels))]
        is_heldout = np.zeros(len(labels), bool)
        is_heldout[selection.hash_order(names)[:NUM_HELDOUT]] = True
        super().__init__(
            "handwritten digits (scikit-learn)",
            [str(digit) for digit in range(10)],
            tf.constant(names),
            labels,
            is_heldout,
            label_skew,
        )

    def check(self):
        self.check_parts(self.training_counts(), len(self.heldout), "")

    def read(self, indices):
        return tf.gather(self._files, indices)

    def columns(self, indices):
        is_thick = self._ink[indices] > np.median(self._ink)
        return {"ink": np.where(is_thick, "thick", "thin").tolist()}

    def record(self):
        digest = hashlib.sha256(self.pixels.tobytes())
        digest.update(self.labels.astype("<i8").tobytes())
        return {
            "description": self.description,
            "label_skew": self.label_skew,
            "training_examples": len(self.training),
            "heldout_examples": len(self.heldout),
            "sha256": digest.hexdigest(),
        }
