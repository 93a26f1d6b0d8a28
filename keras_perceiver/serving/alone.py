"""Runs a module of this library where neither Keras nor TensorFlow can be.

    python alone.py keras_perceiver.serving.check FOLDER

Any import of the two fails: what works here needs nothing but TensorFlow's C
library, as a server does.
"""

import os
import pathlib
import runpy
import subprocess
import sys
import types

_PACKAGE = pathlib.Path(__file__).parents[1]


def run_alone(module, *arguments, capture=False):
    """Runs a module in a process of its own.

    Args:
        module: its full name; it runs as a program.
        *arguments: of the command line.
        capture: whether its output is returned, and not printed.

    Returns:
        The `subprocess.CompletedProcess`.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, __file__, module, *map(str, arguments)],
        check=False,
        capture_output=capture,
        text=True,
        env=environment,
    )


def main(arguments):
    """Runs the module that the arguments name."""
    # This folder, whose modules have names of their own. Where paths are
    # safe, it is not among them.
    folder = str(pathlib.Path(__file__).parent)
    sys.path[:] = [path for path in sys.path if path != folder]
    # The package without what importing it brings.
    package = types.ModuleType("keras_perceiver")
    package.__path__ = [str(_PACKAGE)]
    sys.modules.update(
        {"keras": None, "tensorflow": None, "keras_perceiver": package}
    )
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
