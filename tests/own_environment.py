"""Environments of their own for tests of other versions."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
OLDEST = "tensorflow==2.16.2"
needs_the_oldest = pytest.mark.skipif(
    sys.version_info >= (3, 13), reason=f"{OLDEST} has no wheel for this Python"
)
_FOR_TESTS = ("pytest", "pytest-xdist", "hypothesis", "pyyaml", "scikit-learn")


def make(folder, *packages, extras=""):
    """Makes an environment with the oldest TensorFlow and our own source.

    Args:
        folder: where it is made.
        packages: what else is installed, as pip names it.
        extras: of ours, such as `"[video]"`.

    Returns:
        The path of its Python.
    """
    python = pathlib.Path(folder) / "environment" / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "venv", str(python.parents[1])], check=True
    )
    install(python, OLDEST, *_FOR_TESTS, *packages)
    install(python, "--editable", f"{ROOT}{extras}")
    return python


def install(python, *arguments):
    """Runs `pip install` in an environment."""
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", *arguments], check=True
    )


def assert_tests_pass(python, *arguments, **variables):
    """Runs pytest in an environment.

    Args:
        python: of `make`.
        arguments: of pytest.
        variables: of the environment, by name.
    """
    ended = subprocess.run(
        [
            *(str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *arguments,
        ],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    last_lines = "\n".join(ended.stdout.splitlines()[-40:])
    assert ended.returncode == 0, last_lines
    assert " passed" in last_lines
