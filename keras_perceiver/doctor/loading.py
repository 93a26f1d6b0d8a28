"""Whether TensorFlow, Keras and this library can be imported at all.

They are imported in a process of their own, since a TensorFlow that does not
fit the machine ends the process that imports it.
"""

import importlib.util
import os

from keras_perceiver.doctor import child_process
from keras_perceiver.doctor.finding import Finding

# Each needs those before it.
NAMES = ("tensorflow", "keras", "keras_perceiver")
_PROGRAM = f"""
import importlib
for name in {NAMES}:
    print(name, flush=True)
    importlib.import_module(name)
"""
_BACKEND = "KERAS_BACKEND"


def loading():
    """Returns a `Finding` for each that loads, and for the first that fails."""
    written, problem = child_process.run(_PROGRAM)
    tried = [line for line in written.splitlines() if line in NAMES]
    if problem is None:
        return [Finding(name, "loads") for name in tried]
    *loaded, failed = tried or NAMES[:1]
    return [
        *(Finding(name, "loads") for name in loaded),
        does_not_load(failed, problem, os.environ.get(_BACKEND)),
    ]


def does_not_load(name, problem, backend):
    """Says why a package does not load, and what to do.

    Args:
        name: of the package.
        problem: what its import ended with.
        backend: what `KERAS_BACKEND` is, None where it is not set.
    """
    # What lies in the working folder or on PYTHONPATH may hide the package.
    place = _place(name)
    words = f"{place} does not load: {problem}" if place else problem
    return Finding(name, words, _cure(name, backend), is_problem=True)


def _place(name):
    found = importlib.util.find_spec(name)
    return found and (
        found.origin or next(iter(found.submodule_search_locations))
    )


def _cure(name, backend):
    if name == "keras" and backend not in (None, "tensorflow"):
        return f"{_BACKEND}=tensorflow (now {_BACKEND}={backend})"
    if name == "keras_perceiver":
        return "pip install --force-reinstall keras-perceiver"
    cure = (
        f"pip install --force-reinstall {name}; if that changes nothing, "
        "install into an empty virtual environment"
    )
    if name == "tensorflow":
        cure += ". TensorFlow's builds need a processor with AVX"
    return cure
