"""Generated shapes: twelve families of meshes, not what people made.

Of each shape the proportions are drawn, how far it is turned about the
vertical axis, and a scatter of its points. Families overlap in their
proportions: cones and pyramids, boxes and cylinders, tables and chairs.
"""

import functools

import numpy as np

from keras_perceiver.data.point_clouds import reading
from keras_perceiver.data.point_clouds import records
from keras_perceiver.data.point_clouds import sources
from recipes.modelnet40 import solids

# Numbers of shapes, the same for each family.
COUNTS = {sources.TRAIN: 160, sources.HELDOUT: 60}
_SEED = 20_210_304
# Standard deviation of what a point is off by; half the shape's size is 1.
_SCATTER = 0.02


def shapes(num_points):
    """Lists all shapes; each is made when it is read.

    Args:
        num_points: how many points each has.

    Returns:
        List of `records.Shape`.
    """
    splits = [split for split, count in COUNTS.items() for _ in range(count)]
    return [
        records.Shape(
            f"{family}-{number:04d}",
            family,
            split,
            functools.partial(draw, family, number, num_points),
        )
        for number, split in enumerate(splits)
        for family in FAMILIES
    ]


def draw(family, number, num_points):
    """Makes a shape by its number, always the same.

    Args:
        family: one of `FAMILIES`.
        number: from 0.
        num_points: how many points.

    Returns:
        float32 `(num_points, 3)`.
    """
    seed = [_SEED, sorted(FAMILIES).index(family), number]
    generator = np.random.default_rng(seed)
    vertices, triangles = FAMILIES[family](generator.uniform)
    angle = generator.uniform(0, 2 * np.pi)
    turn = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    vertices[:, :2] = vertices[:, :2] @ turn
    vertices = reading.into_box(vertices)
    points = reading.draw_points(vertices, triangles, num_points, seed)
    scatter = _SCATTER * generator.normal(size=points.shape)
    return points + scatter.astype("float32")


def _ball(uniform):
    angles = np.linspace(0, np.pi, 17)
    vertices, triangles = solids.turned(np.sin(angles), np.cos(angles))
    return vertices * uniform(0.6, 1.0, 3), triangles


def _bottle(uniform):
    neck, shoulder = uniform(0.2, 0.5), uniform(0.45, 0.75)
    radii = [0, 1, 1, neck, neck]
    heights = np.array([0, 0, shoulder, shoulder + 0.15, 1])
    return solids.turned(uniform(0.2, 0.45) * np.array(radii), heights)


def _box(uniform):
    return solids.box(uniform(0.4, 1.0, 3))


def _chair(uniform):
    width, depth, seat = uniform(0.45, 0.8), uniform(0.45, 0.8), 0.5
    back = uniform(0.3, 0.7)
    return solids.together(
        *_legs(width, depth, seat, uniform(0.04, 0.08)),
        solids.box((width, depth, 0.06), (0, 0, seat)),
        solids.box((width, 0.06, back), (0, depth / 2 - 0.03, seat + back / 2)),
    )


def _cone(uniform):
    return solids.turned(
        np.array([0, 1, 0]) * uniform(0.3, 0.7), [0, 0, uniform(0.7, 1.2)]
    )


def _cup(uniform):
    radius, height = uniform(0.35, 0.5), uniform(0.6, 1.0)
    body = solids.turned(
        [0, radius * uniform(0.7, 1.0), radius], [0, 0, height]
    )
    angles = np.linspace(-np.pi / 2, np.pi / 2, 13)
    size = uniform(0.15, 0.3)
    handle = np.stack(
        [
            radius * 0.9 + size * np.cos(angles),
            np.zeros(len(angles)),
            height / 2 + height * 0.3 * np.sin(angles),
        ],
        axis=1,
    )
    return solids.together(body, solids.tube(handle, 0.04))


def _cylinder(uniform):
    radius = uniform(0.25, 0.6)
    return solids.turned([0, radius, radius, 0], [0, 0, 1, 1])


def _helix(uniform):
    turns = np.linspace(0, uniform(2, 4), 96)
    radius = uniform(0.3, 0.6)
    path = np.stack(
        [
            radius * np.cos(2 * np.pi * turns),
            radius * np.sin(2 * np.pi * turns),
            turns / turns[-1],
        ],
        axis=1,
    )
    return solids.tube(path, uniform(0.03, 0.08))


def _pyramid(uniform):
    radii = np.array([0, 1, 0]) * uniform(0.4, 0.9)
    heights = [0, 0, uniform(0.7, 1.2)]
    return solids.turned(radii, heights, corners=4)


def _stairs(uniform):
    width, steps = uniform(0.4, 0.8), int(uniform(3, 6))
    rise, run = uniform(0.6, 1.0) / steps, 1 / steps
    return solids.together(
        *(
            solids.box(
                (run, width, rise * (step + 1)),
                (run * step, 0, rise * (step + 1) / 2),
            )
            for step in range(steps)
        )
    )


def _table(uniform):
    width, depth, height = uniform(0.6, 1.0), uniform(0.5, 0.8), 0.6
    return solids.together(
        *_legs(width, depth, height, uniform(0.04, 0.08)),
        solids.box((width, depth, uniform(0.04, 0.1)), (0, 0, height)),
    )


def _torus(uniform):
    angles = 2 * np.pi * np.arange(48) / 48
    ring = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    return solids.tube(ring, uniform(0.15, 0.4), closed=True)


def _legs(width, depth, height, thickness):
    return [
        solids.box(
            (thickness, thickness, height),
            (
                x * (width - thickness) / 2,
                y * (depth - thickness) / 2,
                height / 2,
            ),
        )
        for x in (-1, 1)
        for y in (-1, 1)
    ]


FAMILIES = {
    "ball": _ball,
    "bottle": _bottle,
    "box": _box,
    "chair": _chair,
    "cone": _cone,
    "cup": _cup,
    "cylinder": _cylinder,
    "helix": _helix,
    "pyramid": _pyramid,
    "stairs": _stairs,
    "table": _table,
    "torus": _torus,
}
