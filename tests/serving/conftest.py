"""Exports for all tests of serving, since they take seconds to make."""

import os

import pytest

from keras_perceiver.serving.export import export
from keras_perceiver.tasks import FillMask
from tests.tiny_models import tiny_language
from tests.tiny_tasks import EVERY_TASK

# In this process TensorFlow's own library is loaded, and no other can be.
OTHER_LIBRARY = os.environ.pop("TENSORFLOW_LIBRARY_FOLDER", None)


@pytest.fixture(scope="session")
def task():
    # Two million bytes of weights, so that a second copy would show.
    return FillMask(tiny_language(latent_dim=256, v_channels=384), max_masks=4)


@pytest.fixture(scope="session")
def exported(task, tmp_path_factory):
    """The path of a first version; tests copy it to change it."""
    return export(task, str(tmp_path_factory.mktemp("exports") / "new" / "it"))


@pytest.fixture(scope="session")
def every_task():
    return {name: make() for name, make in EVERY_TASK.items()}


class _Exports(dict):
    """The path of a first version of a task, made when it is asked for."""

    def __init__(self, tasks, base):
        self._tasks = tasks
        self._base = base

    def __missing__(self, name):
        self[name] = export(self._tasks[name], self._base / name)
        return self[name]


@pytest.fixture(scope="session")
def exports(every_task, tmp_path_factory):
    """Exports of every task but `FillMask`, by the names of `EVERY_TASK`."""
    return _Exports(every_task, tmp_path_factory.mktemp("exports"))


@pytest.fixture
def other_library():
    """The folder of another TensorFlow's library, that is named to us."""
    if OTHER_LIBRARY is None:
        pytest.skip("runs another TensorFlow: set TENSORFLOW_LIBRARY_FOLDER")
    return OTHER_LIBRARY


@pytest.fixture
def no_keras(tmp_path):
    """The environment of a process in which no import of Keras succeeds."""
    folder = tmp_path / "no_keras"
    for name in ("keras", "keras_perceiver"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise ImportError")
    return {**os.environ, "PYTHONPATH": str(folder)}
