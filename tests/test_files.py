"""Files that are whole or absent."""

import contextlib
import json
import os
import pathlib
import tempfile

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from keras_perceiver import files


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_beside_takes_the_place(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_text("old")
    with files.replacing(str(path)) as temporary:
        # In the same folder, for the rename; alike, for what goes by endings.
        assert temporary.parent == tmp_path
        assert temporary != path
        assert temporary.suffix == ".bin"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert listing(tmp_path) == ["weights.bin"]


def fail_midway(path, exception):
    with files.replacing(path) as temporary:
        temporary.write_text("half")
        raise exception


@pytest.mark.parametrize("exception", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_the_old_file_and_no_litter(tmp_path, exception):
    path = tmp_path / "weights.bin"
    for before in (None, "old"):
        if before:
            path.write_text(before)
        with pytest.raises(exception):
            fail_midway(path, exception)
        assert listing(tmp_path) == (["weights.bin"] if before else [])
    assert path.read_text() == "old"


def test_a_rename_that_fails_leaves_no_litter(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        files.write_text(tmp_path / "taken", "text")
    assert listing(tmp_path) == ["taken"]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_permissions_follow_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        files.write_text(tmp_path / "new", "text")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o666 & ~umask


@contextlib.contextmanager
def without_privileges():
    """Root may write everywhere; nobody may not."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_read_only_folder_is_an_error_that_names_it():
    # Not below `tmp_path`, which other users cannot even look into.
    with tempfile.TemporaryDirectory() as folder:
        files.write_text(f"{folder}/kept.json", "old")
        pathlib.Path(folder).chmod(0o555)
        for name in ("kept.json", "new.json"):
            with (
                without_privileges(),
                pytest.raises(PermissionError, match=folder),
            ):
                files.write_json(f"{folder}/{name}", {})
        assert listing(pathlib.Path(folder)) == ["kept.json"]
        assert pathlib.Path(folder, "kept.json").read_text() == "old"
        pathlib.Path(folder).chmod(0o755)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        files.write_text(tmp_path / "absent" / "file", "text")


def test_text_is_written_as_it_is(tmp_path):
    files.write_text(tmp_path / "a.txt", "schön\n\n")
    assert (tmp_path / "a.txt").read_bytes() == "schön\n\n".encode()


def test_json_is_for_people(tmp_path):
    content = {"b": [1, None], "a": "é"}
    files.write_json(tmp_path / "a.json", content)
    text = (tmp_path / "a.json").read_text()
    assert json.loads(text) == content
    assert text.startswith('{\n  "b": [')
    assert text.endswith("}\n")


def test_what_is_no_json_leaves_the_old_file(tmp_path):
    files.write_json(tmp_path / "a.json", 1)
    with pytest.raises(TypeError):
        files.write_json(tmp_path / "a.json", {"a": object()})
    assert (tmp_path / "a.json").read_text() == "1\n"
    assert listing(tmp_path) == ["a.json"]


def test_tensors_come_back_by_name(tmp_path):
    tensors = {
        "layer/kernel": np.arange(6, dtype="float32").reshape(2, 3),
        "step": np.array(7, "int64"),
    }
    path = tmp_path / "a.safetensors"
    files.write_tensors(path, tensors, metadata={"kind": "test"})
    found = safetensors.numpy.load_file(path)
    assert found.keys() == tensors.keys()
    for name, array in tensors.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    with safetensors.safe_open(path, "numpy") as opened:
        assert opened.metadata() == {"kind": "test"}
    assert listing(tmp_path) == ["a.safetensors"]
