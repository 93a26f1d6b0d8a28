import numpy as np
import pytest

from keras_perceiver.data.point_clouds import sources
from keras_perceiver.data.point_clouds import surface
from recipes.modelnet40 import generated_shapes
from recipes.modelnet40 import solids


def area(mesh):
    return surface.triangle_areas(*mesh).sum()


def volume(mesh):
    """By the divergence theorem, up to the sign of each triangle."""
    vertices, triangles = mesh
    return np.abs(np.linalg.det(vertices[triangles])).sum() / 6


def test_a_box_has_its_size():
    mesh = solids.box((2, 3, 4), (5, 5, 5))
    assert area(mesh) == pytest.approx(2 * (2 * 3 + 3 * 4 + 2 * 4))
    low, high = mesh[0].min(axis=0), mesh[0].max(axis=0)
    np.testing.assert_allclose([low, high], [[4, 3.5, 3], [6, 6.5, 7]])
    centred = solids.box((2, 3, 4))
    assert volume(centred) == pytest.approx(24)


def test_turned_lines_have_their_surface():
    cone = solids.turned([0, 3, 0], [0, 0, 4], corners=400)
    # The bottom, and pi times the radius times the slope's length.
    assert area(cone) == pytest.approx(np.pi * (9 + 3 * 5), rel=1e-3)
    cylinder = solids.turned([0, 2, 2, 0], [-1, -1, 1, 1], corners=400)
    assert area(cylinder) == pytest.approx(np.pi * (8 + 8), rel=1e-3)
    angles = np.linspace(0, np.pi, 200)
    ball = solids.turned(np.sin(angles), np.cos(angles), corners=200)
    assert area(ball) == pytest.approx(4 * np.pi, rel=1e-3)
    pyramid = solids.turned([0, np.sqrt(2), 0], [0, 0, 1], corners=4)
    assert area(pyramid) == pytest.approx(4 + 4 * np.sqrt(2))


def test_a_torus_has_its_surface():
    angles = 2 * np.pi * np.arange(400) / 400
    ring = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    torus = solids.tube(ring, 0.25, closed=True)
    # 16 corners stand for a circle.
    around = 2 * 16 * np.sin(np.pi / 16) * 0.25
    assert area(torus) == pytest.approx(2 * np.pi * around, rel=5e-3)
    distance = np.hypot(np.hypot(*torus[0][:, :2].T) - 1, torus[0][:, 2])
    np.testing.assert_allclose(distance, 0.25)


def test_bodies_are_put_together():
    one, two = solids.box((1, 1, 1)), solids.box((2, 2, 2), (9, 0, 0))
    both = solids.together(one, two)
    assert area(both) == pytest.approx(area(one) + area(two))


@pytest.mark.parametrize("family", generated_shapes.FAMILIES)
def test_a_number_gives_a_shape(family):
    points = generated_shapes.draw(family, 3, 400)
    assert points.dtype == np.float32
    np.testing.assert_array_equal(points, generated_shapes.draw(family, 3, 400))
    others = [generated_shapes.draw(family, n, 400) for n in range(4, 8)]
    sizes = [np.ptp(points, axis=0), *(np.ptp(one, axis=0) for one in others)]
    assert np.std(sizes, axis=0).max() > 0.02
    assert 1.5 < np.ptp(points, axis=0).max() < 2.3


def test_shapes_are_listed_and_split_by_number():
    shapes = generated_shapes.shapes(8)
    counts = generated_shapes.COUNTS
    assert len(shapes) == len(generated_shapes.FAMILIES) * sum(counts.values())
    assert len({shape.name for shape in shapes}) == len(shapes)
    for family in generated_shapes.FAMILIES:
        splits = [s.split for s in shapes if s.class_name == family]
        first = counts[sources.TRAIN]
        assert set(splits[:first]) == {sources.TRAIN}
        assert splits[first:] == [sources.HELDOUT] * counts[sources.HELDOUT]
    points = shapes[0].read()
    assert points.shape == (8, 3)
