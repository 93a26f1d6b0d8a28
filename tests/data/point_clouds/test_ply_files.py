import numpy as np
import pytest

from keras_perceiver.data.point_clouds import ply_files
from keras_perceiver.data.point_clouds.limits import Limits
from keras_perceiver.data.point_clouds.limits import ShapeError
from tests.data.point_clouds.meshes import TRIANGLES
from tests.data.point_clouds.meshes import VERTICES
from tests.data.point_clouds.meshes import ascii_ply
from tests.data.point_clouds.meshes import binary_ply
from tests.data.point_clouds.meshes import ply_head


def read(content, **limits):
    return ply_files.read(content, Limits(**limits))


@pytest.mark.parametrize("content", [ascii_ply(), binary_ply()])
def test_a_mesh_is_read(content):
    vertices, triangles = read(content)
    np.testing.assert_array_equal(vertices, VERTICES)
    found = {tuple(row) for row in triangles.tolist()}
    assert found == {tuple(row) for row in TRIANGLES.tolist()}


@pytest.mark.parametrize("num_faces", [0, None])
def test_vertices_alone_are_a_cloud(num_faces):
    rows = b"".join(b"7 %d 2.5 -1\n" % x for x in range(3))
    content = ply_head("ascii", 3, num_faces).encode() + rows
    vertices, triangles = read(content)
    assert vertices.tolist() == [[x, 2.5, -1] for x in range(3)]
    assert triangles is None


def test_many_faces_of_changing_length_are_read():
    faces = [[0, 1, 2], [0, 1, 2], [1, 2, 3, 4], [0, 4, 3]] * 700
    rows = binary_ply()[: -(1 + 16 + 1 + 12)].replace(
        b"face 2", b"face %d" % len(faces)
    )
    for face in faces:
        rows += bytes([len(face)]) + np.array(face, "<i4").tobytes()
    _, triangles = read(rows)
    counts = {tuple(row) for row in np.unique(triangles, axis=0).tolist()}
    assert len(triangles) == 700 * 5
    assert counts == {(0, 1, 2), (1, 2, 3), (1, 3, 4), (0, 4, 3)}


HEAD = ply_head("ascii")
WRONG = {
    "no head of one": b"OFF\n1 1 1",
    "'binary_big_endian'. Wanted": ply_head("binary_big_endian").encode(),
    "a line in its head": HEAD.replace("uchar", "what").encode(),
    "no vertices of x, y and z": HEAD.replace("double y", "double t").encode(),
    "of vertex, and has 2: it is cut off": HEAD.encode() + b"9 0 0 0\n" * 2,
    "of face, and has 1: it is cut off": binary_ply()[:-1],
    "has 3 numbers for a vertex, and": ascii_ply().replace(b"\n9 ", b"\n"),
    "another number of corners": ascii_ply().replace(b"3 0 1 4", b"2 0 1 4"),
    "none of its 5 vertices, such as 9": ascii_ply().replace(
        b"1 4\n", b"1 9\n"
    ),
    "and nothing else": HEAD.replace(
        "indices", "indices\nproperty int flags"
    ).encode(),
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_no_mesh_is_told(words):
    with pytest.raises(ShapeError) as error:
        read(WRONG[words])
    assert words in str(error.value)


def test_counts_have_limits():
    with pytest.raises(ShapeError, match=r"has 5 vertex\. Wanted: at most 4"):
        read(binary_ply(), max_rows=4)
    lies = ply_head("binary_little_endian", 5, 9_000_000).encode()
    with pytest.raises(ShapeError, match="cut off"):
        read(lies + binary_ply().partition(b"end_header\n")[2])
