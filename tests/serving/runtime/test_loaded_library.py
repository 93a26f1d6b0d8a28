"""Which TensorFlow's library a process gets, if any."""

import sys

import pytest
import tensorflow as tf

from keras_perceiver.serving.runtime import library


def test_the_library_is_tensorflows():
    assert library.version() == tf.__version__
    assert {"MatMul", "RestoreV2"} < library.registered_operations()


def test_a_folder_without_the_library_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("TENSORFLOW_LIBRARY_FOLDER", str(tmp_path))
    monkeypatch.delitem(sys.modules, "tensorflow")
    with pytest.raises(OSError, match=f"not found in {tmp_path}. Install"):
        library.library.__wrapped__()
    (tmp_path / "libtensorflow_cc.so.2").touch()
    with pytest.raises(OSError, match=r"has no libtensorflow_framework.so"):
        library.library.__wrapped__()


def test_two_tensorflows_in_a_process_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("TENSORFLOW_LIBRARY_FOLDER", str(tmp_path))
    with pytest.raises(OSError, match="of another folder is loaded"):
        library.library.__wrapped__()
