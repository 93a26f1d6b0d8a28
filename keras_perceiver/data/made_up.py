"""Numbers for trying out a model, the same ones always."""

import numpy as np

# What is made up for lengths that a model leaves free.
FREE_LENGTH = 3


def made_up(shape, dtype):
    """Returns an array that any model takes.

    Args:
        shape: its shape.
        dtype: its numpy type. Decimal numbers are normal, whole ones small
            enough for any index or token, most of a mask is true.
    """
    kind = np.dtype(dtype)
    values = np.random.default_rng(0).standard_normal(shape)
    if kind.kind in "iu":
        values = np.abs(values).astype("int64") % FREE_LENGTH
    elif kind.kind == "b":
        values = values < 1
    return values.astype(kind)
