"""Faces of any number of corners, as triangles."""

import numpy as np

from keras_perceiver.data.point_clouds.limits import ShapeError


def as_indices(numbers):
    """Returns numbers as int64; raises `ShapeError` for fractions."""
    if not np.array_equal(numbers, np.floor(numbers)):
        raise ShapeError("has a face whose corners are no whole numbers.")
    # Anything larger is none of the vertices, and no int64.
    return np.clip(numbers, -1, 2**53).astype(np.int64)


def triangles(faces, num_vertices, limits):
    """Cuts polygons into triangles that all have the first corner.

    Args:
        faces: list of int64 `(n, corners)`. What has fewer corners than three
            has no surface and is left out.
        num_vertices: of the mesh.
        limits: `Limits`.

    Returns:
        int64 `(F, 3)`.

    Raises:
        ShapeError: if a corner is none of the vertices.
    """
    limits.check_rows(
        sum(len(one) * max(one.shape[1] - 2, 0) for one in faces), "triangles"
    )
    parts = [np.zeros((0, 3), np.int64)]
    for one in faces:
        is_wrong = (one < 0) | (one >= num_vertices)
        if is_wrong.any():
            raise ShapeError(
                f"has {np.count_nonzero(is_wrong):,} corners of faces that are "
                f"none of its {num_vertices:,} vertices, such as "
                f"{one[is_wrong][0]}."
            )
        if one.shape[1] >= 3:
            parts.append(_fan(one))
    return np.concatenate(parts)


def _fan(corners):
    second, third = corners[:, 1:-1], corners[:, 2:]
    first = np.broadcast_to(corners[:, :1], second.shape)
    return np.stack([first, second, third], axis=-1).reshape(-1, 3)
