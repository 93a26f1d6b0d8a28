"""Meshes and points in the Polygon File Format of Stanford.

ASCII and little-endian binary. Of a vertex, x, y and z are read; of a face,
its list of corners; elements behind the faces are not looked at.
"""

import dataclasses

import numpy as np

from keras_perceiver.data.point_clouds import number_rows
from keras_perceiver.data.point_clouds import polygons
from keras_perceiver.data.point_clouds.limits import ShapeError

_END = b"end_header\n"
_MOST_OF_HEAD = 2**16
# More would be looked at again and again where every length differs.
_ROWS_AT_ONCE = 1_024
_TYPES = {
    **dict.fromkeys(("char", "int8"), "<i1"),
    **dict.fromkeys(("uchar", "uint8"), "<u1"),
    **dict.fromkeys(("short", "int16"), "<i2"),
    **dict.fromkeys(("ushort", "uint16"), "<u2"),
    **dict.fromkeys(("int", "int32"), "<i4"),
    **dict.fromkeys(("uint", "uint32"), "<u4"),
    **dict.fromkeys(("float", "float32"), "<f4"),
    **dict.fromkeys(("double", "float64"), "<f8"),
}


@dataclasses.dataclass
class _Element:
    """What a head says of vertices, faces or something else.

    Attributes:
        name: such as `"vertex"`.
        count: how many there are.
        columns: a numpy type for each number, by its name.
        lists: pairs of types, of the length and the items, by name.
    """

    name: str
    count: int
    columns: dict
    lists: dict


def read(content, limits):
    """Returns the vertices and triangles of a file's content.

    Args:
        content: bytes.
        limits: `Limits`.

    Returns:
        float64 `(V, 3)`, and int64 `(F, 3)`; None instead of triangles where
        the head announces no faces: the vertices are a cloud.

    Raises:
        ShapeError: if it is something else.
    """
    head, mark, body = (
        content[:_MOST_OF_HEAD].replace(b"\r\n", b"\n").partition(_END)
    )
    if not mark or not head.startswith(b"ply\n"):
        raise ShapeError("is no PLY file: it has no head of one.")
    body = content[content.index(b"end_header") :].partition(b"\n")[2]
    is_binary, elements = _read_head(head)
    for element in elements:
        limits.check_rows(element.count, element.name)
    vertex, face = _vertex_and_face(elements)
    if is_binary:
        rows, rest = _binary_rows(body, vertex)
        faces = _binary_faces(rest, face) if face else []
    else:
        lines = [line for line in body.splitlines() if line.strip()]
        rows = _ascii_rows(lines, vertex)
        faces = _ascii_faces(lines[vertex.count :], face) if face else []
    if face is None or not face.count:
        return rows, None
    return rows, polygons.triangles(faces, vertex.count, limits)


def _read_head(head):
    lines = [line.split() for line in head.decode("latin-1").splitlines()]
    elements, encoding = [], None
    for words in lines[1:]:
        try:
            if words[:1] == ["format"]:
                encoding = words[1]
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], int(words[2]), {}, {}))
            elif words[:2] == ["property", "list"]:
                types = _TYPES[words[2]], _TYPES[words[3]]
                elements[-1].lists[words[4]] = types
            elif words[:1] == ["property"]:
                elements[-1].columns[words[2]] = _TYPES[words[1]]
        except (IndexError, KeyError, ValueError):
            raise ShapeError(
                f"has a line in its head that cannot be read: "
                f"{' '.join(words)[:80]!r}."
            ) from None
    if encoding not in ("ascii", "binary_little_endian"):
        raise ShapeError(
            f"is in the PLY format {str(encoding)[:40]!r}. Wanted: ascii or "
            "binary_little_endian."
        )
    return encoding != "ascii", elements


def _vertex_and_face(elements):
    names = [element.name for element in elements]
    vertex = elements[0] if names[:1] == ["vertex"] else None
    if not vertex or vertex.lists or not {"x", "y", "z"} <= set(vertex.columns):
        raise ShapeError("has no vertices of x, y and z in front.")
    if names[1:2] != ["face"]:
        return vertex, None
    face = elements[1]
    if face.columns or len(face.lists) != 1:
        raise ShapeError(
            f"has faces of {', '.join([*face.columns, *face.lists])}. Wanted: "
            "a list of corners, and nothing else."
        )
    return vertex, face


def _ascii_rows(lines, vertex):
    if len(lines) < vertex.count:
        raise _cut_off(vertex, len(lines))
    rows = number_rows.parse(lines[: vertex.count], "vertex")
    if vertex.count and rows.shape[1] != len(vertex.columns):
        raise ShapeError(
            f"has {rows.shape[1]} numbers for a vertex, and announces "
            f"{len(vertex.columns)}."
        )
    names = list(vertex.columns)
    places = [names.index(name) for name in "xyz"]
    return rows.reshape(-1, len(names))[:, places]


def _ascii_faces(lines, face):
    if len(lines) < face.count:
        raise _cut_off(face, len(lines))
    by_length = {}
    for line in lines[: face.count]:
        by_length.setdefault(len(line.split()), []).append(line)
    faces = []
    for length, rows in by_length.items():
        numbers = polygons.as_indices(number_rows.parse(rows, "face"))
        if (numbers[:, 0] != length - 1).any():
            raise ShapeError(
                "has a face with another number of corners than it announces."
            )
        faces.append(numbers[:, 1:])
    return faces


def _binary_rows(body, vertex):
    kind = np.dtype(list(vertex.columns.items()))
    size = kind.itemsize * vertex.count
    if len(body) < size:
        raise _cut_off(vertex, len(body) // kind.itemsize)
    rows = np.frombuffer(body, kind, vertex.count)
    columns = [rows[name].astype(np.float64) for name in "xyz"]
    return np.stack(columns, axis=1), body[size:]


def _binary_faces(body, face):
    (length_kind, corner_kind), *_ = face.lists.values()
    length_kind, corner_kind = np.dtype(length_kind), np.dtype(corner_kind)
    for kind in (length_kind, corner_kind):
        if kind.kind not in "iu":
            raise ShapeError("has faces whose corners are no whole numbers.")
    faces, place, left = [], 0, face.count
    while left:
        # As many in a row as have the same number of corners, at once.
        if place + length_kind.itemsize > len(body):
            raise _cut_off(face, face.count - left)
        corners = int(np.frombuffer(body, length_kind, 1, place)[0])
        if corners < 0:
            raise ShapeError(f"has a face of {corners} corners.")
        row = length_kind.itemsize + corners * corner_kind.itemsize
        whole = min(left, (len(body) - place) // row, _ROWS_AT_ONCE)
        if not whole:
            raise _cut_off(face, face.count - left)
        kind = np.dtype(
            [("count", length_kind), ("corners", corner_kind, (corners,))]
        )
        rows = np.frombuffer(body, kind, whole, place)
        others = np.flatnonzero(rows["count"] != corners)
        whole = int(others[0]) if len(others) else whole
        faces.append(rows["corners"][:whole].astype(np.int64))
        place, left = place + whole * row, left - whole
    return faces


def _cut_off(element, found):
    return ShapeError(
        f"announces {element.count:,} of {element.name}, and has {found:,}: it "
        "is cut off."
    )
