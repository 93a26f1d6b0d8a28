"""Photographs that generated scenes are made of, all in memory at once."""

import dataclasses
import functools
import hashlib
import pathlib

import numpy as np
import PIL.Image
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.labelled_images import selection

# Each photograph is kept at 1, 1/2 and 1/4 of its size, so that a scene that
# makes it smaller takes the mean of what falls on a pixel.
NUM_LEVELS = 3
# Of a folder: a larger photograph is made smaller, and more are left out.
LONGEST_SIDE = 640
MOST_PHOTOGRAPHS = 500
SMALLEST_SIDE = 16
_ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".webp")
_MODULES = {"sklearn.datasets": "images", "skimage": "data"}
# They come inside the two packages; nothing is downloaded.
_TRAINING = {
    "sklearn.datasets": ("china.jpg",),
    "skimage": (
        "astronaut.png",
        "coffee.png",
        "gravel.png",
        "grass.png",
        "hubble_deep_field.jpg",
        "motorcycle_left.png",
        "retina.jpg",
        "rocket.jpg",
    ),
}
_HELDOUT = {
    "sklearn.datasets": ("flower.jpg",),
    "skimage": ("brick.png", "chelsea.png", "coins.png"),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Photographs:
    """Pixels of photographs, one after the other.

    Attributes:
        names: of the photographs.
        pixels: uint8 `(P, 3)`, rows of all sizes of all photographs.
        places: int32 `(n, NUM_LEVELS, 3)`: for each photograph and size its
            first row in `pixels`, its height and its width.
    """

    names: tuple[str, ...]
    pixels: np.ndarray
    places: np.ndarray

    def __len__(self):
        return len(self.names)

    @functools.cached_property
    def tensors(self):
        """`pixels`, and `places` in rows; made once, outside of any graph."""
        with tf.init_scope():
            return tf.constant(self.pixels), tf.constant(
                self.places.reshape(-1, 3)
            )

    def digest(self):
        """Returns the SHA-256 of all pixels."""
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()


@functools.cache
def embedded():
    """Reads the sample photographs of scikit-learn and scikit-image.

    Returns:
        Photographs for training, and others that are held out.

    Raises:
        ImportError: if one of the two is not installed.
    """
    return tuple(
        photographs(list(_embedded_paths(names)))
        for names in (_TRAINING, _HELDOUT)
    )


def from_folder(folder):
    """Reads a folder of photographs, also in folders below it.

    Files that are no images are left out.

    Args:
        folder: its path.

    Returns:
        Photographs for training, and a tenth, chosen by the hash of their
        names, that is held out.

    Raises:
        ValueError: if there are too few of them.
    """
    folder = pathlib.Path(folder)
    names = sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.suffix.lower() in _ENDINGS and path.is_file()
    )
    if len(names) < 2:
        raise ValueError(
            f"{folder} has {len(names)} photographs. Wanted: two or more, "
            f"files that end in {', '.join(_ENDINGS)}; one is held out."
        )
    order = selection.hash_order(names)[:MOST_PHOTOGRAPHS]
    num_heldout = max(1, round(len(order) * selection.HELDOUT_SHARE))
    heldout, training = order[:num_heldout], order[num_heldout:]
    return tuple(
        photographs([folder / names[i] for i in sorted(part)])
        for part in (training, heldout)
    )


def photographs(paths):
    """Reads image files as `Photographs`.

    Args:
        paths: of the files.

    Raises:
        ValueError: if one is damaged or too small.
    """
    pixels, places, start = [], [], 0
    for path in paths:
        image = _read(path)
        levels = []
        for level in range(NUM_LEVELS):
            reduced = np.asarray(image.reduce(2**level))
            levels.append((start, *reduced.shape[:2]))
            pixels.append(reduced.reshape(-1, 3))
            start += len(pixels[-1])
        places.append(levels)
    names = tuple(pathlib.Path(path).name for path in paths)
    return Photographs(
        names, np.concatenate(pixels), np.array(places, np.int32)
    )


def sample(photographs, numbers, levels, x, y):
    """Looks photographs up between their pixels, inside a graph.

    Beyond its border, a photograph is mirrored.

    Args:
        photographs: `Photographs`.
        numbers: int32 `(...)`: which ones.
        levels: int32 `(...)`: how often each is halved.
        x: float32 `(..., n)`: columns, in pixels of the halved photograph.
        y: float32 `(..., n)`: rows.

    Returns:
        float32 `(..., n, 3)` from 0 to 255, linearly interpolated.
    """
    pixels, places = photographs.tensors
    places = tf.gather(places, numbers * NUM_LEVELS + levels)
    start, height, width = tf.unstack(places[..., None, :], 3, axis=-1)
    left, top = tf.floor(x), tf.floor(y)
    right_share, bottom_share = (x - left)[..., None], (y - top)[..., None]
    columns = tf.cast(left, tf.int32)
    rows = tf.cast(top, tf.int32)

    def row(below):
        begin = start + _mirrored(rows + below, height) * width
        first, second = (
            tf.cast(
                tf.gather(pixels, begin + _mirrored(columns + right, width)),
                tf.float32,
            )
            for right in (0, 1)
        )
        return first + right_share * (second - first)

    upper = row(0)
    return upper + bottom_share * (row(1) - upper)


def _mirrored(numbers, size):
    """Whole numbers brought into 0 to `size - 1`, as a mirror would."""
    numbers = tf.math.floormod(numbers, 2 * size)
    return tf.minimum(numbers, 2 * size - 1 - numbers)


def _embedded_paths(names):
    for module, files in names.items():
        folder = pathlib.Path(errors.import_extra(module, "data").__file__)
        for name in files:
            yield folder.parent / _MODULES[module] / name


def _read(path):
    try:
        with PIL.Image.open(path) as file:
            # JPEG alone can be decoded smaller than it is.
            file.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            image = file.convert("RGB")
    except (OSError, PIL.Image.DecompressionBombError) as error:
        raise ValueError(
            f"{path} is no image that can be read ({error}). Mend or remove it."
        ) from error
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), PIL.Image.Resampling.BOX)
    if min(image.size) < SMALLEST_SIDE:
        raise ValueError(
            f"{path} has {image.width} x {image.height} pixels, and a "
            f"photograph {SMALLEST_SIDE} x {SMALLEST_SIDE} or more."
        )
    return image
