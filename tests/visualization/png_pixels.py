import io

import numpy as np
import PIL.Image


def pixels_of(png):
    """The bytes of a PNG as int `(H, W, 3)`."""
    with PIL.Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def has(picture, colour):
    """Whether some pixel is nearly of a colour."""
    return bool((abs(picture - colour).sum(axis=-1) < 30).any())
