"""Meshes of simple bodies, upright along z, that shapes are put together of.

Each is a pair of vertices, float64 `(V, 3)`, and triangles, int64 `(F, 3)`.
"""

import numpy as np

_ROUND = 32


def box(size, centre=(0.0, 0.0, 0.0)):
    """A box.

    Args:
        size: of its three sides.
        centre: of it.
    """
    corners = np.indices((2, 2, 2)).reshape(3, 8).T - 0.5
    sides = [
        (0, 1, 3, 2),
        (4, 5, 7, 6),
        (0, 1, 5, 4),
        (2, 3, 7, 6),
        (0, 2, 6, 4),
        (1, 3, 7, 5),
    ]
    triangles = [
        (a, b, c) for a, *rest in sides for b, c in (rest[:2], rest[1:])
    ]
    return corners * size + np.array(centre), np.array(triangles)


def turned(radii, heights, corners=_ROUND):
    """What a line gives that is turned about the vertical axis.

    Args:
        radii: of the line's points; 0 at an end closes it there.
        heights: of the line's points.
        corners: of a full turn; few give a pyramid for a cone.
    """
    angles = 2 * np.pi * np.arange(corners) / corners
    rings = np.stack(
        [
            np.outer(radii, np.cos(angles)),
            np.outer(radii, np.sin(angles)),
            np.repeat(np.array(heights)[:, None], corners, axis=1),
        ],
        axis=-1,
    )
    return rings.reshape(-1, 3), _grid(len(rings), corners, closed=False)


def tube(path, radius, closed=False):
    """A tube around a line in space.

    Args:
        path: points of the line, `(n, 3)`.
        radius: of the tube.
        closed: whether its end meets its begin.
    """
    ahead = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)
    if not closed:
        ahead[0], ahead[-1] = path[1] - path[0], path[-1] - path[-2]
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    # Any direction that no line here runs along.
    side = np.cross(ahead, (0.31, 0.17, 0.93))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(ahead, side)
    angles = 2 * np.pi * np.arange(_ROUND // 2) / (_ROUND // 2)
    rings = path[:, None] + radius * (
        np.cos(angles)[:, None] * side[:, None]
        + np.sin(angles)[:, None] * other[:, None]
    )
    return rings.reshape(-1, 3), _grid(len(path), len(angles), closed)


def together(*bodies):
    """One mesh of several, each as it is."""
    vertices, triangles, count = [], [], 0
    for own_vertices, own_triangles in bodies:
        vertices.append(own_vertices)
        triangles.append(own_triangles + count)
        count += len(own_vertices)
    return np.concatenate(vertices), np.concatenate(triangles)


def _grid(rings, corners, closed):
    """Triangles between neighbouring rings of as many corners."""
    ring = np.arange(rings if closed else rings - 1)[:, None]
    corner = np.arange(corners)[None]
    here, there = ring * corners, (ring + 1) % rings * corners
    following = (corner + 1) % corners
    quads = np.stack(
        [here + corner, here + following, there + following, there + corner],
        axis=-1,
    ).reshape(-1, 4)
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
