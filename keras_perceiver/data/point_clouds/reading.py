"""From the file of a shape to a cloud of points."""

import os
import pathlib

import numpy as np

from keras_perceiver.data.point_clouds import off_files
from keras_perceiver.data.point_clouds import ply_files
from keras_perceiver.data.point_clouds import surface
from keras_perceiver.data.point_clouds import tables
from keras_perceiver.data.point_clouds.limits import Limits
from keras_perceiver.data.point_clouds.limits import ShapeError

TABLES = (".csv", ".npy", ".pts", ".txt", ".xyz")
MESHES = (".off", ".ply")
SUFFIXES = (*MESHES, *TABLES)


def read_points(path, count, seed, limits=None):
    """Reads a shape as points in random order.

    Of a mesh, `count` points are drawn on its surface, everywhere equally
    densely; of a table with more points than that, as many of them.

    Args:
        path: of a file with one of `SUFFIXES`.
        count: how many points at most.
        seed: integers that decide which.
        limits: `Limits`; None for the usual ones.

    Returns:
        float32 `(n, 3)`, around 0 in [-1, 1]: the middle of the shape's box
        and its longest side are taken away. Of a mesh, `n` is `count`.

    Raises:
        ShapeError: if it gives no points, in words that follow its name.
    """
    return draw_points(*read_shape(path, limits), count, seed)


def read_shape(path, limits=None):
    """Reads the vertices of a shape, and its triangles if it is a mesh.

    Args:
        path: as `read_points` takes it.
        limits: as `read_points` takes them.

    Returns:
        float64 `(V, 3)`, finite and in [-1, 1]; int64 `(F, 3)`, or None of a
        table of points.

    Raises:
        ShapeError: as from `read_points`.
    """
    vertices, triangles = _read(pathlib.Path(path), limits or Limits())
    is_wrong = ~np.isfinite(vertices).all(axis=1)
    if is_wrong.any():
        raise ShapeError(
            f"has NaN or infinity in {np.count_nonzero(is_wrong):,} of "
            f"{len(vertices):,} points, the first of them point "
            f"{np.argmax(is_wrong) + 1:,}."
        )
    return into_box(vertices), triangles


def draw_points(vertices, triangles, count, seed):
    """Returns points of a mesh, or of a cloud, as `read_points` does.

    Args:
        vertices: float64 `(V, 3)`, in [-1, 1].
        triangles: int64 `(F, 3)`; None to draw among the vertices.
        count: as `read_points` takes it.
        seed: as `read_points` takes it.
    """
    generator = np.random.default_rng(seed)
    if triangles is None:
        chosen = generator.permutation(len(vertices))[:count]
        points = vertices[chosen]
    else:
        points = surface.sample(vertices, triangles, count, generator)
    return points.astype(np.float32)


def into_box(vertices):
    """Moves and scales a shape so that it fills [-1, 1] in one direction.

    Squares of large numbers, as areas take them, are finite then.

    Args:
        vertices: float64 `(V, 3)`, finite.

    Raises:
        ShapeError: if all are in one place.
    """
    if not len(vertices):
        raise ShapeError("has 0 points.")
    # Halved first, since the difference may be too large for a float64.
    low, high = vertices.min(axis=0) / 2, vertices.max(axis=0) / 2
    half = (high - low).max()
    if not half > 0:
        raise ShapeError(
            f"has {len(vertices):,} points, all in one place. A shape has at "
            "least two."
        )
    return (vertices - (low + high)) / half


def _read(path, limits):
    """Vertices and triangles of a file, None where it has no triangles."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ShapeError(
            f"has the ending {suffix!r}. Wanted: {', '.join(SUFFIXES)}."
        )
    try:
        if not path.is_file():
            raise ShapeError("is no file.")
        size = os.path.getsize(path)
        if size > limits.max_bytes:
            raise ShapeError(
                f"has {size:,} bytes. Wanted: at most {limits.max_bytes:,}."
            )
        if suffix == ".npy":
            return tables.read_npy(path, limits), None
        content = path.read_bytes()
    except OSError as error:
        raise ShapeError(f"cannot be opened: {error.strerror}.") from None
    if suffix == ".off":
        return off_files.read(content, limits)
    if suffix == ".ply":
        return ply_files.read(content, limits)
    return tables.read_text(content, limits), None
