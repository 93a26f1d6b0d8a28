import numpy as np
import pytest

from keras_perceiver.data.point_clouds import surface
from keras_perceiver.data.point_clouds.limits import ShapeError
from tests.data.point_clouds.meshes import TRIANGLES
from tests.data.point_clouds.meshes import VERTICES

COUNT = 40_000


def test_areas_are_half_the_cross_products():
    rng = np.random.default_rng(0)
    vertices = rng.normal(size=(20, 3))
    triangles = rng.integers(20, size=(30, 3))
    for area, corners in zip(
        surface.triangle_areas(vertices, triangles),
        vertices[triangles],
        strict=True,
    ):
        # Heron's formula.
        sides = [np.linalg.norm(corners[i] - corners[i - 1]) for i in range(3)]
        half = sum(sides) / 2
        square = half * np.prod([half - side for side in sides])
        assert area == pytest.approx(np.sqrt(max(square, 0)), abs=1e-6)


@pytest.fixture(scope="module")
def drawn():
    generator = np.random.default_rng(0)
    return surface.sample(VERTICES, TRIANGLES, COUNT, generator)


def test_points_lie_on_the_surface(drawn):
    flat, upright = drawn[:, 2] == 0, drawn[:, 1] == 0
    assert (flat | upright).all()
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert (drawn[upright][:, 0] + drawn[upright][:, 2] <= 1 + 1e-12).all()


def test_points_are_everywhere_equally_dense(drawn):
    """Counts of equal cells, against chi-squared of as many numbers."""
    is_flat = drawn[:, 2] == 0
    # Two thirds of the area are the square's.
    share = 2 / 3
    error = np.sqrt(share * (1 - share) / COUNT)
    assert abs(is_flat.mean() - share) < 4 * error
    cells = np.floor(10 * drawn[is_flat][:, :2]).astype(int)
    counts = np.bincount(cells @ [10, 1], minlength=100)
    expected = is_flat.sum() / 100
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    # 99 degrees of freedom: 1 in 1,000 is above 149, and 1 in 1,000 below 61.
    assert 61 < chi_squared < 149
    # Of the triangle, strips of equal height by their share of the area.
    heights = drawn[~is_flat][:, 2]
    edges = np.linspace(0, 1, 11)
    found = np.histogram(heights, edges)[0]
    expected = np.diff(1 - (1 - edges) ** 2) * len(heights)
    chi_squared = ((found - expected) ** 2 / expected).sum()
    # 9 degrees of freedom.
    assert chi_squared < 27.9


def test_a_seed_decides_all():
    points = [
        surface.sample(VERTICES, TRIANGLES, 50, np.random.default_rng(seed))
        for seed in (3, 3, 4)
    ]
    np.testing.assert_array_equal(points[0], points[1])
    assert not np.isclose(points[0], points[2]).any(axis=1).all()


def test_what_has_no_surface_is_told():
    generator = np.random.default_rng(0)
    with pytest.raises(ShapeError, match="has 5 vertices and no faces"):
        surface.sample(VERTICES, np.zeros((0, 3), int), 9, generator)
    with pytest.raises(ShapeError, match="has 2 triangles, all of area 0"):
        surface.sample(VERTICES, np.array([[0, 0, 1]] * 2), 9, generator)
