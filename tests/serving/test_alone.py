"""Running a module where neither Keras nor TensorFlow can be."""

import json
import os
import signal

import pytest

from keras_perceiver.serving.alone import run_alone

PROGRAM = """
import importlib, json, os, sys
from keras_perceiver.serving.messages import protos, tensor_protos
refused = []
for name in sys.argv[1].split():
    try:
        importlib.import_module(name)
    except ImportError:
        refused.append(name)
print(json.dumps([sys.argv, __name__, refused, sys.path]))
print(os.environ["TF_CPP_MIN_LOG_LEVEL"], file=sys.stderr)
sys.exit(int(sys.argv[2]))
"""
REFUSED = [
    *("keras", "keras.ops", "keras.src.backend"),
    *("tensorflow", "tensorflow.core.framework", "tensorflow.python"),
    # Which are made of them.
    *("keras_perceiver.layers", "keras_perceiver.serving.export"),
]
TAKEN = ["numpy", "google.protobuf", "keras_perceiver.serving.runtime.library"]


@pytest.fixture
def program(tmp_path, monkeypatch):
    """The name of a module that is somewhere on the path."""
    (tmp_path / "some_program.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "some_program"


@pytest.mark.parametrize("safe_path", ["", "1"])
def test_neither_keras_nor_tensorflow_can_be_imported(
    program, safe_path, monkeypatch
):
    monkeypatch.setenv("PYTHONSAFEPATH", safe_path)
    finished = run_alone(program, " ".join(REFUSED + TAKEN), 0, capture=True)
    assert finished.stderr == "3\n"
    arguments, name, refused, path = json.loads(finished.stdout)
    assert refused == REFUSED
    assert name == "__main__"
    assert arguments[1:] == [" ".join(REFUSED + TAKEN), "0"]
    # Modules of `serving` have names that others may have too.
    assert not any(entry.endswith("keras_perceiver/serving") for entry in path)
    # Nor is anything missing from the path.
    assert os.environ["PYTHONPATH"] in path


@pytest.mark.parametrize("code", [0, 1, 7])
def test_the_exit_code_is_the_modules(program, code):
    assert run_alone(program, "json", code, capture=True).returncode == code


def test_what_is_printed_passes_through(program, capfd):
    finished = run_alone(program, "json", 0)
    captured = capfd.readouterr()
    assert json.loads(captured.out)[1] == "__main__"
    assert captured.err == "3\n"
    assert finished.stdout is finished.stderr is None


def test_a_module_that_fails_or_is_none_is_told(program, tmp_path):
    finished = run_alone(program, "json", "no number", capture=True)
    assert finished.returncode == 1
    assert "ValueError: invalid literal for int()" in finished.stderr
    finished = run_alone("no_program", capture=True)
    assert finished.returncode == 1
    assert "No module named no_program" in finished.stderr
    (tmp_path / "killed.py").write_text("import os; os.abort()")
    finished = run_alone("killed", capture=True)
    assert finished.returncode == -signal.SIGABRT
