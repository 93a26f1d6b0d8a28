import importlib.metadata

import pytest
import tensorflow as tf

from keras_perceiver.doctor import native_libraries


@pytest.fixture
def installed(monkeypatch):
    """Sets what is installed, and how loading it ends."""

    def install(name=None, problem=None):
        def version(asked):
            if asked != name:
                raise importlib.metadata.PackageNotFoundError(asked)
            return "1.2.3"

        monkeypatch.setattr(importlib.metadata, "version", version)
        programs = []

        def load(program):
            programs.append(program)
            return problem

        monkeypatch.setattr(native_libraries, "problem_of_loading", load)
        return programs

    return install


def test_nothing_is_loaded_that_is_not_installed(installed):
    programs = installed()
    text, io = native_libraries.native_libraries()
    assert programs == []
    assert (text.state, io.state) == ("note", "ok")
    assert text.cure == "pip install 'keras-perceiver[text]'"
    assert "PyAV" in io.value


def test_what_loads_is_fine(installed):
    [program] = [installed("tensorflow-text")]
    assert native_libraries.tensorflow_text().value == "1.2.3, loads"
    assert program == ["import tensorflow_text"]
    installed("tensorflow-io")
    assert native_libraries.tensorflow_io().value == "1.2.3, loads"


def test_what_does_not_load_says_why_and_what_to_do(installed):
    installed("tensorflow-text", "undefined symbol: x")
    text = native_libraries.tensorflow_text()
    assert text.state == "problem"
    assert f"TensorFlow {tf.__version__}: undefined symbol: x" in text.value
    release = ".".join(tf.__version__.split(".")[:2])
    assert text.cure == f"pip install 'tensorflow-text=={release}.*'"
    # PyAV does the same, so that nobody needs it.
    installed("tensorflow-io", "what cures it")
    io = native_libraries.tensorflow_io()
    assert (io.state, io.cure) == ("note", "what cures it")
