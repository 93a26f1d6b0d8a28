"""Points on the surface of a mesh."""

import numpy as np

from keras_perceiver.data.point_clouds.limits import ShapeError


def triangle_areas(vertices, triangles):
    """Returns the area of each triangle, float64 `(F,)`.

    Args:
        vertices: float64 `(V, 3)`.
        triangles: int64 `(F, 3)`.
    """
    first, second, third = np.moveaxis(vertices[triangles], 1, 0)
    return np.linalg.norm(np.cross(second - first, third - first), axis=1) / 2


def sample(vertices, triangles, count, generator):
    """Draws points that lie on a mesh, everywhere equally densely.

    Args:
        vertices: float64 `(V, 3)`.
        triangles: int64 `(F, 3)`.
        count: how many points.
        generator: a numpy `Generator`.

    Returns:
        float64 `(count, 3)`, each point drawn on its own.

    Raises:
        ShapeError: if there is no surface.
    """
    if not len(triangles):
        raise ShapeError(
            f"has {len(vertices):,} vertices and no faces, so no surface. Give "
            "its vertices as a table of points, .xyz, to have these read."
        )
    areas = triangle_areas(vertices, triangles)
    total = areas.sum()
    if not total > 0:
        raise ShapeError(
            f"has {len(triangles):,} triangles, all of area 0: no surface."
        )
    chosen = generator.choice(len(triangles), count, p=areas / total)
    first, second, third = np.moveaxis(vertices[triangles[chosen]], 1, 0)
    # The root makes up for a triangle's being narrow at its first corner
    # (Osada et al., 2002, section 4.3).
    along = np.sqrt(generator.uniform(size=(count, 1)))
    across = generator.uniform(size=(count, 1))
    return (
        (1 - along) * first
        + along * (1 - across) * second
        + along * across * third
    )
