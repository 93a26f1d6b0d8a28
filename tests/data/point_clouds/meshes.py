"""Small meshes, and how files hold them."""

import numpy as np

# A unit square and, upright on one side of it, a triangle of half its area.
VERTICES = np.array(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], "float64"
)
QUAD, TRIANGLE = [0, 1, 2, 3], [0, 1, 4]
# Of which polygon each of these is: a quad, as two, and a triangle.
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3], [0, 1, 4]])


def off(vertices=VERTICES, faces=(QUAD, TRIANGLE), head="OFF\n", end=""):
    """The text of an OFF file."""
    lines = [f"{head}{len(vertices)} {len(faces)} 0"]
    lines += [" ".join(map(str, vertex)) + end for vertex in vertices]
    lines += [f"{len(face)} {' '.join(map(str, face))}{end}" for face in faces]
    return "\n".join(lines) + "\n"


def ply_head(encoding, num_vertices=5, num_faces=2):
    """The head of a PLY file whose vertices have a colour too."""
    faces = f"element face {num_faces}\nproperty list uchar int vertex_indices"
    return (
        f"ply\nformat {encoding} 1.0\ncomment made here\n"
        f"element vertex {num_vertices}\nproperty uchar red\n"
        "property float x\nproperty double y\nproperty float z\n"
        f"{faces if num_faces is not None else 'comment'}\nend_header\n"
    )


def ascii_ply():
    lines = [f"9 {x} {y} {z}" for x, y, z in VERTICES]
    lines += [f"{len(f)} {' '.join(map(str, f))}" for f in (QUAD, TRIANGLE)]
    return (ply_head("ascii") + "\n".join(lines) + "\n").encode()


def binary_ply():
    kind = np.dtype([("c", "u1"), ("x", "<f4"), ("y", "<f8"), ("z", "<f4")])
    rows = np.array([(9, *vertex) for vertex in VERTICES], kind).tobytes()
    for face in (QUAD, TRIANGLE):
        rows += bytes([len(face)]) + np.array(face, "<i4").tobytes()
    return ply_head("binary_little_endian").encode() + rows
