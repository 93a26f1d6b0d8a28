"""Images as people have them in Python, as the bytes that tasks take."""

import io
import pathlib

import numpy as np
import PIL.Image
import tensorflow as tf

from keras_perceiver.data.images import MAX_PIXELS

# What PNG holds as it is; PIL brings the rest to RGB.
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


def is_one_image(images):
    """Returns whether this is an image, and not several."""
    if isinstance(
        images,
        bytes | bytearray | memoryview | str | pathlib.Path | PIL.Image.Image,
    ):
        return True
    return not isinstance(images, list | tuple) and np.ndim(images) <= 3


def image_bytes(image, max_pixels=MAX_PIXELS, name="the image"):
    """Returns an image as the bytes of a file.

    Args:
        image: such bytes already; the path of a JPEG or PNG file; an image
            of PIL; or an array, uint8 `(H, W)` or `(H, W, C)`, with grey,
            grey and alpha, RGB, or RGB and alpha for its channels. Images of
            PIL and arrays become PNG, which loses nothing.
        max_pixels: larger images of PIL are refused before they are decoded.
        name: what to call it in messages.

    Raises:
        ValueError: if it is none of these.
        OSError: if the file cannot be read.
    """
    if isinstance(image, bytes | bytearray | memoryview):
        return bytes(image)
    if isinstance(image, str | pathlib.Path):
        return pathlib.Path(image).expanduser().read_bytes()
    if isinstance(image, PIL.Image.Image):
        return _png_of_pil(image, max_pixels, name)
    return _png_of_array(image, name)


def _png_of_pil(image, max_pixels, name):
    width, height = image.size
    if width * height > max_pixels:
        raise ValueError(
            f"{name} has {width} x {height} pixels, and at most {max_pixels} "
            "in all are decoded. Make it smaller, or raise max_pixels."
        )
    try:
        image.load()
    except OSError as error:
        # PIL opens files without reading them.
        raise ValueError(f"{name} is damaged or cut off: {error}.") from error
    if image.mode not in _PNG_MODES:
        image = image.convert("RGB")
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _png_of_array(image, name):
    array = np.asarray(image)
    channels = array.shape[2] if array.ndim == 3 else 1
    if (
        array.dtype != np.uint8
        or array.ndim not in (2, 3)
        or channels not in (1, 2, 3, 4)
        or array.size == 0
    ):
        raise ValueError(
            f"{name} is no array of pixels. Wanted: uint8, values from 0 to "
            "255, of shape (H, W) or (H, W, C) with 1 to 4 channels. "
            f"Received: {array.dtype} of shape {array.shape}"
        )
    array = array.reshape(*array.shape[:2], channels)
    return tf.io.encode_png(array, compression=1).numpy()
