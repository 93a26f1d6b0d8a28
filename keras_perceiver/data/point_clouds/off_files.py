"""Meshes in Object File Format, as ModelNet40 has them."""

import re

import numpy as np

from keras_perceiver.data.point_clouds import number_rows
from keras_perceiver.data.point_clouds import polygons
from keras_perceiver.data.point_clouds.limits import ShapeError

# `OFF` may stand on the line of the counts, or right in front of them, as in
# hundreds of ModelNet40's files. Colours, normals and textures come behind a
# vertex's coordinates. Others, such as 4OFF, have other coordinates.
_HEAD = re.compile(rb"\s*(?:ST)?C?N?OFF")
_COMMENT = re.compile(rb"#[^\n]*")


def read(content, limits):
    """Returns the vertices and triangles of a file's content.

    Args:
        content: bytes.
        limits: `Limits`.

    Returns:
        float64 `(V, 3)` and int64 `(F, 3)`. Polygons are cut into triangles;
        what has fewer corners than three is left out.

    Raises:
        ShapeError: if it is something else.
    """
    content = _COMMENT.sub(b"", content)
    head = _HEAD.match(content)
    if not head:
        raise ShapeError("is no OFF file: it does not begin with OFF.")
    lines = [
        line for line in content[head.end() :].splitlines() if line.strip()
    ]
    num_vertices, num_faces = _counts(lines, limits)
    rows = lines[1:]
    if len(rows) < num_vertices + num_faces:
        raise ShapeError(
            f"announces {num_vertices:,} vertices and {num_faces:,} faces, and "
            f"has {len(rows):,} lines of them: it is cut off."
        )
    vertices = number_rows.parse(rows[:num_vertices], "vertex")
    if vertices.size and vertices.shape[1] < 3:
        raise ShapeError(
            f"has {vertices.shape[1]} numbers for a vertex. Wanted: x, y and z."
        )
    faces = _faces(rows[num_vertices : num_vertices + num_faces])
    return vertices[:, :3].reshape(-1, 3), polygons.triangles(
        faces, num_vertices, limits
    )


def _counts(lines, limits):
    words = lines[0].split() if lines else []
    # The number of edges is of no use, and sometimes left out.
    if len(words) not in (2, 3) or not all(word.isdigit() for word in words):
        raise ShapeError("is no OFF file: OFF is not followed by counts.")
    # What has more digits is too many in any case, and slow to read.
    counts = [int(word[:19]) for word in words[:2]]
    for count, what in zip(counts, ("vertices", "faces"), strict=True):
        limits.check_rows(count, what)
    return counts


def _faces(lines):
    """Corners by their number: int64 `(n, corners)` for each."""
    by_length = {}
    for line in lines:
        # Colours may follow, as many as they like.
        words = line.split()
        if not words[0].isdigit() or len(words[0]) > 9:
            raise ShapeError(f"has {words[0][:40]!r} for a number of corners.")
        corners = words[1 : 1 + int(words[0])]
        if len(corners) != int(words[0]):
            raise ShapeError(
                f"has a face of {int(words[0]):,} corners, of which "
                f"{len(corners):,} are there."
            )
        by_length.setdefault(len(corners), []).append(b" ".join(corners))
    return [
        polygons.as_indices(number_rows.parse(rows, "face"))
        for length, rows in by_length.items()
        if length
    ] or [np.zeros((0, 3), np.int64)]
