"""Packages built for one TensorFlow: whether they load with this one.

Each is loaded in a process of its own: a library for another TensorFlow may
end the process that loads it.
"""

import importlib.metadata

import tensorflow as tf

from keras_perceiver.doctor import child_process
from keras_perceiver.doctor.finding import Finding

_LOAD_TEXT = "import tensorflow_text"
_LOAD_IO = (
    "from keras_perceiver.data.media import tensorflow_io_library as library\n"
    "library.load()"
)


def native_libraries():
    """Yields the states of tensorflow-text and tensorflow-io."""
    yield tensorflow_text()
    yield tensorflow_io()


def tensorflow_text():
    """Says whether SentencePiece models can be read in a graph."""
    name = "tensorflow-text"
    version = _version(name)
    if version is None:
        return Finding(
            name,
            "not installed; models of pieces need it",
            "pip install 'keras-perceiver[text]'",
        )
    problem = problem_of_loading(_LOAD_TEXT)
    if problem is None:
        return Finding(name, f"{version}, loads")
    release = ".".join(tf.__version__.split(".")[:2])
    return Finding(
        name,
        f"{version}, does not load with TensorFlow {tf.__version__}: {problem}",
        f"pip install 'tensorflow-text=={release}.*'",
        is_problem=True,
    )


def tensorflow_io():
    """Says whether tensorflow-io can decode videos; PyAV can without it."""
    name = "tensorflow-io"
    version = _version(name)
    if version is None:
        # No cure: PyAV decodes the same, and more.
        return Finding(name, "not installed; videos are decoded by PyAV")
    problem = problem_of_loading(_LOAD_IO)
    if problem is None:
        return Finding(name, f"{version}, loads")
    # Its message says what cures it.
    return Finding(name, f"{version}, does not load", problem)


def problem_of_loading(program):
    """Returns why a program ends badly in a process of its own, or None."""
    _, problem = child_process.run(program)
    return problem


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
