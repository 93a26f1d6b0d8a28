"""The doctor where TensorFlow or Keras cannot be imported."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from keras_perceiver import doctor
from keras_perceiver.doctor import loading

ROOT = pathlib.Path(__file__).parents[2]
# In the place of an installed TensorFlow; what stands in it.
MISSING = "raise ImportError('libcudart.so: cannot open')"
NO_AVX = "import os, sys; print('no AVX', file=sys.stderr); os.abort()"
FINE = ""


def started(folder, tensorflow, *words, **variables):
    """A Python that has ended, where TensorFlow is another.

    Args:
        folder: for a package that hides the installed TensorFlow.
        tensorflow: its source.
        words: what Python is started with.
        variables: of the environment, by name.
    """
    package = folder / "tensorflow"
    package.mkdir()
    (package / "__init__.py").write_text(tensorflow)
    path = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": path, **variables},
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
    )


def examined(folder, tensorflow, **variables):
    """The exit code, and the parts that a doctor reports."""
    command = ("-m", "keras_perceiver", "doctor", "--json", "--skip-smoke-test")
    ended = started(folder, tensorflow, *command, **variables)
    assert ended.stderr == ""
    return ended.returncode, json.loads(ended.stdout)["parts"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (MISSING, "libcudart.so: cannot open"),
        (NO_AVX, "loading it ended the process by SIGABRT: no AVX"),
    ],
)
def test_a_broken_tensorflow_is_a_finding(source, words, tmp_path):
    code, parts = examined(tmp_path, source)
    assert code == 1
    assert list(parts) == ["versions", "extras", "loading", "memory", "disks"]
    [found] = parts["loading"]
    assert (found["state"], found["name"]) == ("problem", "tensorflow")
    place = tmp_path / "tensorflow" / "__init__.py"
    assert found["value"] == f"{place} does not load: {words}"
    assert "pip install --force-reinstall tensorflow" in found["cure"]


def test_a_backend_that_is_none_is_a_finding(tmp_path):
    code, parts = examined(tmp_path, FINE, KERAS_BACKEND="nonsense")
    assert code == 1
    tensorflow, keras = parts["loading"]
    assert (tensorflow["state"], tensorflow["value"]) == ("ok", "loads")
    assert (keras["state"], keras["name"]) == ("problem", "keras")
    assert "Unable to import backend : nonsense" in keras["value"]
    assert "KERAS_BACKEND=tensorflow" in keras["cure"]


def test_who_imports_the_library_is_told_of_the_doctor(tmp_path):
    ended = started(tmp_path, MISSING, "-c", "import keras_perceiver")
    *_, error, note = ended.stderr.splitlines()
    assert error == "ImportError: libcudart.so: cannot open"
    assert note == "What to do about it: keras-perceiver doctor"


def test_what_loads_is_told(monkeypatch):
    written = "noise\ntensorflow\nkeras\nkeras_perceiver\n"
    monkeypatch.setattr(
        loading.child_process, "run", lambda program: (written, None)
    )
    found = [(one.state, one.name) for one in loading.loading()]
    assert found == [("ok", name) for name in loading.NAMES]


@pytest.mark.parametrize(
    ("name", "backend", "cure"),
    [
        ("keras", None, "pip install --force-reinstall keras"),
        ("keras", "jax", "KERAS_BACKEND=tensorflow (now KERAS_BACKEND=jax)"),
        # Whatever the backend, it is not what keeps these from loading.
        ("tensorflow", "jax", "pip install --force-reinstall tensorflow"),
        ("keras_perceiver", "jax", "--force-reinstall keras-perceiver"),
    ],
)
def test_the_cure_is_that_of_the_package(name, backend, cure):
    found = loading.does_not_load(name, "because", backend)
    assert found.is_problem
    assert found.value.endswith("does not load: because")
    assert cure in found.cure


def test_a_package_that_is_missing_has_no_place(monkeypatch):
    monkeypatch.setattr(loading.importlib.util, "find_spec", lambda name: None)
    assert (
        loading.does_not_load("keras", "No module", None).value == "No module"
    )


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("/usr/bin/python /venv/bin/keras-perceiver doctor --json", True),
        ("python -m keras_perceiver doctor", True),
        ("python -I -m keras_perceiver doctor --skip-smoke-test", True),
        ("python /venv/bin/keras-perceiver presets doctor", False),
        ("python -m other doctor", False),
        ("python", False),
    ],
)
def test_the_doctor_knows_its_command_line(line, asked):
    assert doctor.is_asked(line.split()) == asked
