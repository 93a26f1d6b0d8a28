"""`pytorch_model.bin` without PyTorch: what is read, what is refused."""

import io
import pickle
import re
import zipfile

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_perceiver.convert.torch_file import read_torch_file
from tests.convert.torch_archives import dictionary
from tests.convert.torch_archives import pickled
from tests.convert.torch_archives import storage
from tests.convert.torch_archives import tensor
from tests.convert.torch_archives import write_archive
from tests.convert.torch_archives import write_torch_file

VALUES = np.arange(6, dtype="float32")
CONTENT = VALUES.tobytes()
TENSORS = {
    "weight": VALUES.reshape(2, 3),
    "transposed": VALUES.reshape(2, 3).T,
    "half": VALUES.astype("float16"),
    "bfloat16": VALUES.astype(ml_dtypes.bfloat16),
    "double": VALUES.astype("float64"),
    "number": np.array(3, "int64"),
    "none": np.zeros((0, 3), "float32"),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "pytorch_model.bin"


def refusal(path, **options):
    with pytest.raises(ValueError, match=re.escape(str(path))) as error:
        read_torch_file(path, **options)
    return str(error.value)


def test_tensors_of_all_kinds_are_read(path):
    found = read_torch_file(write_torch_file(path, TENSORS))
    assert found.keys() == TENSORS.keys()
    for name, expected in TENSORS.items():
        assert found[name].dtype == expected.dtype
        assert found[name].shape == expected.shape
        np.testing.assert_array_equal(found[name], expected)


def write_tensor(path, part, values=CONTENT, **more):
    """A file of one storage and one tensor of it."""
    return write_archive(path, dictionary({"w": part}), {"0": values}, **more)


@pytest.mark.parametrize(
    ("shape", "strides", "offset", "expected"),
    [
        ((2, 3), (3, 1), 0, VALUES.reshape(2, 3)),
        ((3, 2), (1, 3), 0, VALUES.reshape(2, 3).T),
        ((2,), (2,), 1, VALUES[[1, 3]]),
        ((4, 2), (0, 1), 4, np.broadcast_to(VALUES[4:], (4, 2))),
        ((), (), 5, VALUES[5]),
    ],
)
def test_views_of_a_storage_are_read(path, shape, strides, offset, expected):
    part = tensor(storage("0", 6), shape, strides, offset)
    found = read_torch_file(write_tensor(path, part))["w"]
    np.testing.assert_array_equal(found, expected)


def test_tensors_may_share_a_storage(path):
    parts = {
        "a": tensor(storage("0", 6), (3,), (1,)),
        "b": tensor(storage("0", 6), (3,), (1,), 3),
    }
    write_archive(path, dictionary(parts), {"0": CONTENT})
    found = read_torch_file(path)
    np.testing.assert_array_equal(found["a"], VALUES[:3])
    np.testing.assert_array_equal(found["b"], VALUES[3:])


def test_parameters_are_read(path):
    part = tensor(storage("0", 6), (6,), (1,))
    part = b"ctorch._utils\n_rebuild_parameter\n(" + part + b"\x88NtR"
    found = read_torch_file(write_tensor(path, part))
    np.testing.assert_array_equal(found["w"], VALUES)


WHOLE = storage("0", 6)
TRICKS = {
    "beyond the storage": (
        tensor(WHOLE, (7,), (1,)),
        "reaches beyond its storage",
    ),
    "beyond by its offset": (
        tensor(WHOLE, (1,), (1,), 6),
        "reaches beyond its storage",
    ),
    "a huge stride": (
        tensor(WHOLE, (2,), (2**62,)),
        "reaches beyond its storage",
    ),
    "a negative stride": (
        tensor(WHOLE, (2,), (-1,), 5),
        "an impossible shape",
    ),
    "a negative offset": (
        tensor(WHOLE, (2,), (1,), -2),
        "an impossible shape",
    ),
    "strides of zero": (
        tensor(WHOLE, (2**20, 2**20), (0, 0)),
        "its tensors take more than max_bytes",
    ),
    "fewer strides": (tensor(WHOLE, (2, 3), (1,)), "an impossible shape"),
    "sizes that are no numbers": (
        tensor(WHOLE, ("a",), (1,)),
        "an impossible shape",
    ),
    "a longer storage": (
        tensor(storage("0", 7), (6,), (1,)),
        "is not as long as it says",
    ),
    "an absent storage": (
        tensor(storage("1", 6), (6,), (1,)),
        "a storage that is not in the file",
    ),
    "a storage elsewhere": (
        tensor(storage("../../../etc/passwd", 6), (6,), (1,)),
        "a storage that is not in the file",
    ),
    "an unknown storage": (
        tensor(storage("0", 6, "QInt8Storage"), (6,), (1,)),
        "it asks for torch.QInt8Storage",
    ),
    "no storage": (tensor(b"N", (6,), (1,)), "a tensor without a storage"),
    "another persistent id": (
        tensor(b"(" + pickled("module") + b"tQ", (6,), (1,)),
        "an object that is no storage",
    ),
    "a storage changed": (WHOLE + b"}b", "it changes a storage"),
    "a function changed": (
        b"ctorch._utils\n_rebuild_tensor_v2\n}b",
        "it changes torch._utils._rebuild_tensor_v2",
    ),
    "a storage class called": (
        b"ctorch\nFloatStorage\n)R",
        "it calls torch.FloatStorage",
    ),
    "os.system": (b"cos\nsystem\n(" + pickled("false") + b"tR", "os.system"),
    "another function of PyTorch": (
        b"ctorch.hub\nload\n)R",
        "it asks for torch.hub.load",
    ),
    "a parameter of nothing": (
        b"ctorch._utils\n_rebuild_parameter\n(N\x88NtR",
        "a parameter that is no tensor",
    ),
}


@pytest.mark.parametrize("name", TRICKS)
def test_tricks_are_refused(path, name):
    part, reason = TRICKS[name]
    assert reason in refusal(write_tensor(path, part), max_bytes=10**9)


@pytest.mark.parametrize("name", ["WHOLE", "number", "list"])
def test_what_is_no_tensor_is_told(path, name):
    parts = {"WHOLE": WHOLE, "number": pickled(3), "list": b"]"}
    said = refusal(write_tensor(path, parts[name]))
    assert "is nested wrongly: w is a" in said


def test_another_content_is_told(path):
    write_archive(path, b"\x80\x02K\x03.", {})
    assert "holds a int. Wanted: a dictionary" in refusal(path)


def test_files_of_old_versions_are_refused(path):
    path.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2))
    said = refusal(path)
    assert "is no zip. Files that PyTorch wrote before 1.6" in said
    assert "save it again, best as model.safetensors" in said


def test_another_byte_order_is_refused(path):
    part = tensor(WHOLE, (6,), (1,))
    write_tensor(path, part, byteorder="little")
    assert read_torch_file(path)
    write_tensor(path, part, byteorder="big")
    assert "of the other byte order" in refusal(path)


def test_what_is_compressed_is_refused(path):
    """A zip of a kilobyte can unpack to a gigabyte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", dictionary({}))
        archive.writestr("archive/data/0", bytes(10**6))
    assert path.stat().st_size < 2000
    assert "compressed or encrypted" in refusal(path)


def test_entries_that_overlap_are_refused(path):
    """The other way to unpack much from little."""
    write_tensor(path, tensor(WHOLE, (6,), (1,)), bytes(2000))
    content = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.start_dir
        count = len(archive.infolist())
    head, directory, end = content[:start], content[start:-22], content[-22:]
    # The directory a hundred times over, under other names.
    names = b"".join(
        directory.replace(b"data/0", b"data/%c" % (65 + i)) for i in range(50)
    )
    size, total = len(names), 50 * count
    end = (
        end[:8]
        + total.to_bytes(2, "little") * 2
        + size.to_bytes(4, "little")
        + end[16:]
    )
    path.write_bytes(head + names + end)
    assert re.search("overlap|of the same name", refusal(path))


def test_one_pickle_is_wanted(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/other", b"")
    assert "holds 0 files called data.pkl" in refusal(path)


def test_what_is_too_large_is_not_opened(path):
    write_torch_file(path, TENSORS)
    assert "Received: max_bytes=100" in refusal(path, max_bytes=100)


def test_a_file_that_is_cut_off_is_told(path):
    content = write_torch_file(path, TENSORS).read_bytes()
    for length in range(1, len(content), 101):
        path.write_bytes(content[:length])
        assert re.search("may be cut off|is no zip", refusal(path))


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "pytorch_model.bin"
    return write_torch_file(path, TENSORS).read_bytes()


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(4, 3000), st.integers(0, 255)),
        min_size=1,
        max_size=4,
    )
)
def test_changed_bytes_are_read_or_refused(tmp_path_factory, good, changes):
    content = bytearray(good)
    for place, value in changes:
        content[place % len(content)] = value
    path = tmp_path_factory.mktemp("fuzz") / "pytorch_model.bin"
    path.write_bytes(content)
    said, tensors = str(path), {}
    try:
        tensors = read_torch_file(path)
    except ValueError as error:
        said = str(error)
    assert str(path) in said
    for array in tensors.values():
        assert type(array) is np.ndarray
