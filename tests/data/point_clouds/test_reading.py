import io

import numpy as np
import pytest

from keras_perceiver.data.point_clouds import reading
from keras_perceiver.data.point_clouds.limits import Limits
from keras_perceiver.data.point_clouds.limits import ShapeError
from tests.data.point_clouds.meshes import VERTICES
from tests.data.point_clouds.meshes import ascii_ply
from tests.data.point_clouds.meshes import off

POINTS = np.array([[1, -2, 3], [4, 5.5, -6], [0.25, 1e2, 9], [7, 8, 9]])


def npy(array):
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


def text(separator=" ", head="", more=""):
    rows = [separator.join(map(str, row)) + more for row in POINTS]
    return (head + "\n".join(rows) + "\n").encode()


TABLES = {
    "plain.xyz": text(),
    "tabs.txt": text("\t", head="# x y z\n"),
    "normals.txt": text(",", more=",0,0,1"),
    "counted.pts": text(head="4\n"),
    "named.csv": text(",", head="x,y,z\n"),
    "semicolons.csv": text("; ", head="// a comment\r\nx;y;z\r\n\r\n"),
    "array.npy": npy(POINTS),
    "small.npy": npy(POINTS.astype("float32")),
    "wide.npy": npy(np.hstack([POINTS, POINTS])),
    "UPPER.XYZ": text(),
}


@pytest.fixture
def written(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(
            content if type(content) is bytes else content.encode()
        )
        return path

    return write


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_every_form_are_read(written, name):
    vertices, triangles = reading.read_shape(written(name, TABLES[name]))
    low, high = POINTS.min(axis=0), POINTS.max(axis=0)
    expected = (POINTS - (low + high) / 2) / ((high - low).max() / 2)
    np.testing.assert_allclose(vertices, expected, rtol=1e-6)
    assert triangles is None


def test_large_numbers_are_brought_into_the_box():
    points = np.array([[-1.7e308, 0, 0], [1.7e308, 1, 2], [0, 0, 1e308]])
    box = reading.into_box(points)
    assert np.isfinite(box).all()
    np.testing.assert_allclose(box[:, 0], [-1, 1, 0], atol=1e-12)


def test_points_of_a_table_are_drawn_without_repeating(written):
    rows = np.random.default_rng(0).normal(size=(500, 3))
    path = written("many.npy", npy(rows))
    points = reading.read_points(path, 200, [1, 2])
    assert points.dtype == np.float32
    assert len(np.unique(points, axis=0)) == len(points) == 200
    again = reading.read_points(path, 200, [1, 2])
    np.testing.assert_array_equal(points, again)
    assert not np.array_equal(points, reading.read_points(path, 200, [1, 3]))
    # Fewer come as they are, in another order.
    assert len(reading.read_points(path, 900, [1])) == 500


@pytest.mark.parametrize("name", ["mesh.off", "mesh.ply"])
def test_points_of_a_mesh_are_drawn_on_it(written, name):
    content = off() if name == "mesh.off" else ascii_ply()
    points = reading.read_points(written(name, content), 300, [0])
    assert points.shape == (300, 3)
    # What was 0 to 1 is -1 to 1; the square is the bottom, and two thirds.
    assert np.abs(points).max() <= 1
    assert 150 < np.count_nonzero(points[:, 2] == -1) < 250


def test_a_million_points_are_read(written):
    rows = np.random.default_rng(0).normal(size=(1_000_000, 3))
    path = written("million.npy", npy(rows.astype("float32")))
    assert reading.read_points(path, 2_048, [0]).shape == (2_048, 3)
    lines = b"0.5 0.25 1e-3\n" * 300_000 + b"1 2 3\n"
    assert len(reading.read_points(written("a.xyz", lines), 50, [0])) == 50


WRONG = {
    "no-faces.off": (off(VERTICES, []), "has 5 vertices and no faces"),
    "flat.off": (off(VERTICES, [[0, 1, 1]]), "1 triangles, all of area 0"),
    "nan.off": (
        off([[0, 0, 0], [1, "nan", 0], [0, 1, 0]], [[0, 1, 2]]),
        "NaN or infinity in 1 of 3 points, the first of them point 2",
    ),
    "nan.xyz": ("1 2 3\n4 inf 5\nnan 1 1\n", "infinity in 2 of 3 points"),
    "huge.xyz": ("1 2 3\n1e999 0 0\n", "NaN or infinity in 1 of 2"),
    "one.xyz": ("1 2 3\n", "has 1 points, all in one place"),
    "same.csv": ("1,2,3\n1,2,3\n", "has 2 points, all in one place"),
    "none.txt": ("# nothing\n", "has 0 points"),
    "two.xyz": ("1 2\n3 4\n", "has 2 columns. Wanted: x, y and z"),
    "words.csv": ("1,2,3\nsome,words,here\n", "for point 2. Wanted: 3"),
    "ragged.xyz": ("1 2 3\n4 5\n6 7 8 9\n", "'4 5' for point 2. Wanted: 3"),
    "pickle.npy": (npy(np.array([{}, []], object)), "is no array of numbers"),
    "text.npy": (npy(np.array(["a", "b"])), "holds <U1. Wanted: numbers"),
    "cube.npy": (npy(np.zeros((2, 2, 3))), r"shape \(2, 2, 3\)"),
    "cut.npy": (npy(POINTS)[:-8], "is no array of numbers"),
    "empty.npy": (b"", "is no array of numbers"),
    "photo.jpg": (b"", "has the ending '.jpg'. Wanted: .off, .ply, .csv"),
    "noise.ply": (bytes(range(256)) * 9, "is no PLY file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_gives_no_points_is_told(written, name):
    content, words = WRONG[name]
    with pytest.raises(ShapeError, match=words):
        reading.read_points(written(name, content), 10, [0])


def test_files_have_limits(written, tmp_path):
    path = written("a.xyz", text())
    with pytest.raises(ShapeError, match=r"bytes\. Wanted: at most 20"):
        reading.read_points(path, 10, [0], Limits(max_bytes=20))
    with pytest.raises(ShapeError, match=r"has 4 points\. Wanted: at most 3"):
        reading.read_points(path, 10, [0], Limits(max_rows=3))
    with pytest.raises(ShapeError, match="is no file"):
        reading.read_points(tmp_path / "b.xyz", 10, [0])
