"""Views of images for training: Inception's crop, a flip, and RandAugment."""

import dataclasses

import tensorflow as tf

from keras_perceiver.data import images
from keras_perceiver.data.image_augmentation.rand_augment import (
    LARGEST_MAGNITUDE,
)
from keras_perceiver.data.image_augmentation.rand_augment import rand_augment
from keras_perceiver.data.image_augmentation.regions import read_regions

_ATTEMPTS = 10
# Of the image, in every crop.
_LEAST_COVERED = 0.1


@dataclasses.dataclass(frozen=True)
class TrainingViews:
    """How training looks at an image, as published by default.

    Attributes:
        smallest_area: of a crop, as a share of the image; 1 takes the whole
            image. The published crops also cover a tenth at least.
        largest_aspect: of a crop, its longer over its shorter side.
        flip: whether every other view is mirrored.
        rand_augment_layers: how many operations follow one another; 0 for
            none. They shift and cover by up to 50 pixels of the crop, which
            suits photographs and leaves nothing of icons.
        rand_augment_magnitude: 0 to 10.
    """

    smallest_area: float = 0.08
    largest_aspect: float = 4 / 3
    flip: bool = True
    rand_augment_layers: int = 4
    rand_augment_magnitude: float = 5

    def __post_init__(self):
        if not 0 < self.smallest_area <= 1:
            raise ValueError(
                "The smallest area of a crop is a share of the image, above 0 "
                f"and at most 1. Received: smallest_area={self.smallest_area}"
            )
        if not 1 <= self.largest_aspect < float("inf"):
            raise ValueError(
                "The largest aspect of a crop is its longer over its shorter "
                "side, 1 or more. Received: "
                f"largest_aspect={self.largest_aspect}"
            )
        if self.rand_augment_layers < 0:
            raise ValueError(
                "RandAugment has 0 layers or more. Received: "
                f"rand_augment_layers={self.rand_augment_layers}"
            )
        if not 0 <= self.rand_augment_magnitude <= LARGEST_MAGNITUDE:
            raise ValueError(
                "RandAugment's magnitude goes from 0 to "
                f"{LARGEST_MAGNITUDE}. Received: "
                f"rand_augment_magnitude={self.rand_augment_magnitude}"
            )


def training_views(
    image_bytes,
    numbers,
    seed,
    image_shape,
    views,
    max_pixels=images.MAX_PIXELS,
):
    """Decodes one random view of each file.

    A view depends on the seed, the example's number and the file, and not on
    the batch that it is made in. Of a JPEG, no more than the crop is decoded.
    The bicubic interpolation's overshoots are kept: values leave 0 to 255.

    Args:
        image_bytes: string tensor `(B,)`.
        numbers: int64 `(B,)`, of the examples.
        seed: integer.
        image_shape: wanted `(H, W, 3)`.
        views: a `TrainingViews`.
        max_pixels: larger images are refused before they are decoded.

    Returns:
        float32 `(B, H, W, 3)`, zero where there is a problem, and the
        problems, string `(B,)`, "" where there is none, else words that
        follow "the image".
    """
    height, width, _ = image_shape

    def choose(size, number):
        crop_seed, _, _ = view_seeds(seed, number)
        return crop_region(size, crop_seed, (height, width), views)

    def prepare(image, number):
        _, flip_seed, augment_seed = view_seeds(seed, number)
        if views.flip:
            image = _flipped(image, flip_seed)
        image = rand_augment(
            image,
            augment_seed,
            views.rand_augment_layers,
            views.rand_augment_magnitude,
        )
        return tf.image.resize(
            image, (height, width), tf.image.ResizeMethod.BICUBIC
        )

    return read_regions(
        image_bytes, numbers, choose, prepare, image_shape, max_pixels
    )


def view_seeds(seed, number):
    """Three seeds `(2,)`: of the crop, of the flip, and of RandAugment."""
    key = tf.stack([tf.cast(seed, tf.int64), number])
    return tf.unstack(tf.random.experimental.stateless_split(key, 3))


def crop_region(size, seed, wanted_size, views):
    """Draws the part of an image that a view shows.

    Where no crop of the wanted aspect fits, as in a very long image, it is
    the evaluation's.

    Args:
        size: int32 `(2,)`, height and width of the image.
        seed: integer `(2,)`.
        wanted_size: height and width of the view.
        views: a `TrainingViews`.

    Returns:
        int32 `(4,)`: top, left, height and width.
    """
    if views.smallest_area == 1:
        return tf.concat([[0, 0], size], axis=0)
    begin, crop, _ = tf.image.stateless_sample_distorted_bounding_box(
        tf.concat([size, [3]], axis=0),
        tf.constant([[[0.0, 0.0, 1.0, 1.0]]]),
        seed,
        min_object_covered=_LEAST_COVERED,
        aspect_ratio_range=(1 / views.largest_aspect, views.largest_aspect),
        area_range=(views.smallest_area, 1.0),
        max_attempts=_ATTEMPTS,
    )
    region = tf.concat([begin[:2], crop[:2]], axis=0)
    longer = tf.cast(tf.reduce_max(size), tf.float32)
    shorter = tf.cast(tf.reduce_min(size), tf.float32)
    # After so many attempts in vain, the operation returns the whole image.
    is_in_vain = tf.logical_and(
        tf.reduce_all(tf.equal(crop[:2], size)),
        longer > shorter * views.largest_aspect,
    )
    return tf.where(
        is_in_vain, images.evaluation_region(size, *wanted_size), region
    )


def _flipped(image, seed):
    is_mirrored = tf.random.stateless_uniform((), seed) < 0.5
    return tf.cond(is_mirrored, lambda: tf.reverse(image, [1]), lambda: image)
