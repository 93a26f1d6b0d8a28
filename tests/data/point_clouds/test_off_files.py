import numpy as np
import pytest

from keras_perceiver.data.point_clouds import off_files
from keras_perceiver.data.point_clouds.limits import Limits
from keras_perceiver.data.point_clouds.limits import ShapeError
from tests.data.point_clouds.meshes import QUAD
from tests.data.point_clouds.meshes import TRIANGLE
from tests.data.point_clouds.meshes import TRIANGLES
from tests.data.point_clouds.meshes import VERTICES
from tests.data.point_clouds.meshes import off


def read(text, **limits):
    return off_files.read(text.encode(), Limits(**limits))


@pytest.mark.parametrize(
    "text",
    [
        off(),
        # As ModelNet40 has hundreds of.
        off(head="OFF"),
        off(head="OFF "),
        off(head="# made here\nOFF # a comment\n\n# 9 9 9\n"),
        off().replace("\n", "\r\n"),
        # A colour behind each vertex and each face.
        off(head="COFF\n", end=" 255 0 0 255"),
        off(head="STCNOFF\n", end=" 0.5 0.5"),
        # Without the number of edges, and with more behind the faces.
        off().replace("5 2 0", "5 2") + "1 2 3\n",
    ],
)
def test_a_mesh_is_read_in_every_form(text):
    vertices, triangles = read(text)
    np.testing.assert_array_equal(vertices, VERTICES)
    found = {tuple(row) for row in triangles.tolist()}
    assert found == {tuple(row) for row in TRIANGLES.tolist()}


def test_polygons_become_a_fan():
    corners = np.stack([np.cos(range(6)), np.sin(range(6)), np.zeros(6)], 1)
    _, triangles = read(off(corners, [[5, 3, 1, 0, 2]]))
    assert triangles.tolist() == [[5, 3, 1], [5, 1, 0], [5, 0, 2]]


def test_what_has_no_surface_is_left_out():
    _, triangles = read(off(VERTICES, [[0, 1], [2], []]))
    assert triangles.shape == (0, 3)


WRONG = {
    "begin with OFF": "PLY\n1 1 0",
    "not followed by counts": "OFF\nfive 2 0\n",
    "is no OFF file: OFF is": "OFF",
    "5 vertices and 2 faces, and has 6": off().rsplit("\n", 2)[0],
    "'1.0 x 0.0' for vertex 2. Wanted: 3": off().replace(
        "1.0 1.0 0.0", "1.0 x 0.0"
    ),
    "for vertex 1. Wanted: 3": off()
    .replace("1.0 0.0 0.0", "1.0 0.0")
    .replace("1.0 1.0 0.0", "1.0 1.0 0.0 4"),
    "has 2 numbers for a vertex": off(VERTICES[:, :2]),
    "1 corners of faces that are none of its 5": off(
        VERTICES, [QUAD, [0, 1, 5]]
    ),
    "none of its 5 vertices, such as -1": off(VERTICES, [[0, 1, -7]]),
    "no whole numbers": off(VERTICES, [[0, 1, 1.5]]),
    "a face of 4 corners, of which 3": off().replace("4 0 1", "4 0"),
    "for a number of corners": off().replace("3 0 1 4", "x 0 1 4"),
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_no_mesh_is_told(words):
    with pytest.raises(ShapeError) as error:
        read(WRONG[words])
    assert words in str(error.value)


def test_counts_have_limits():
    with pytest.raises(ShapeError, match=r"has 5 vertices\. Wanted: at most 4"):
        read(off(), max_rows=4)
    huge = "OFF\n3 1" + "0" * 5_000 + " 0\n"
    with pytest.raises(ShapeError, match=r"faces\. Wanted: at most 10,000,000"):
        read(huge)
    # A face whose triangles are more than what is borne.
    face = off(VERTICES, [TRIANGLE * 4])
    with pytest.raises(ShapeError, match="has 10 triangles"):
        read(face, max_rows=9)
