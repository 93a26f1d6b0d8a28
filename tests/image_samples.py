"""Images for tests, as files and as what is in them."""

import io
import struct

import numpy as np
import PIL.Image
import tensorflow as tf


def noise(height, width, channels=3, seed=0):
    rng = np.random.default_rng([seed, height, width, channels])
    shape = (height, width, channels)[: 2 + (channels > 1)]
    return rng.integers(0, 256, shape, dtype="uint8")


def smooth(height, width, seed=0):
    """What JPEG keeps well: few details."""
    small = PIL.Image.fromarray(noise(4, 5, seed=seed))
    return np.array(small.resize((width, height), PIL.Image.Resampling.BICUBIC))


def encoded(image, form="PNG", **options):
    """The bytes of an array or of an image of PIL as a file."""
    if isinstance(image, np.ndarray):
        image = PIL.Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def pixels_of(content):
    """What PIL, another decoder, finds in a file."""
    return np.array(PIL.Image.open(io.BytesIO(content)).convert("RGB"))


def png_of_size(height, width):
    """A small file that says it is large."""
    content = bytearray(encoded(noise(8, 9)))
    content[16:24] = struct.pack(">II", width, height)
    return bytes(content)


def jpeg_of_size(height, width):
    content = bytearray(encoded(noise(8, 9), "JPEG"))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def as_tensor(contents):
    return tf.constant(contents, tf.string, (len(contents),))
