"""Every Python and TensorFlow that is promised: `nox`, with `pip install nox`.

    nox --list
    nox --session "tests(python='3.12', tensorflow='2.16.2')"
    nox --session "tests(python='3.13', tensorflow='2.21.0')" -- tests/layers -x

What stands behind `--` goes to pytest; files and folders there are all that is
run.

Pythons that are not installed are skipped, unless
`--error-on-missing-interpreters` is given.
"""

import pathlib

import nox

NEWEST, OLDEST = "2.21.0", "2.16.2"
STACKS = [
    ("3.11", NEWEST),
    ("3.12", NEWEST),
    ("3.13", NEWEST),
    ("3.11", OLDEST),
    ("3.12", OLDEST),
]
# As in the Makefile.
TORCH = "torch==2.13.0"
# The extra `test` cannot be had beside the oldest: TensorFlow Datasets needs
# a newer protobuf. These parts stand on TensorFlow's own Python.
FOR_OLDEST = ("pytest", "pytest-xdist", "hypothesis", "pyyaml", "scikit-learn")
ON_OLDEST = ("layers", "models", "data", "training", "recipes")

nox.options.sessions = ["tests", "parity", "docs"]
nox.options.default_venv_backend = "venv"


@nox.session
@nox.parametrize(("python", "tensorflow"), STACKS)
def tests(session, tensorflow):
    """All tests; on the oldest TensorFlow those that stand on it."""
    extras = FOR_OLDEST if tensorflow == OLDEST else ("-e", ".[test]")
    session.install(f"tensorflow=={tensorflow}", "-e", ".", *extras)
    parts = ON_OLDEST if tensorflow == OLDEST else ()
    if any(
        pathlib.Path(name.split("::")[0]).exists() for name in session.posargs
    ):
        parts = ()
    session.run(
        "pytest",
        *("--numprocesses=auto", "--maxprocesses=4", "--dist=loadscope"),
        *(f"tests/{part}" for part in parts),
        *session.posargs,
    )


@nox.session(python="3.11")
def parity(session):
    """Our models against Hugging Face's in PyTorch."""
    session.install(f"tensorflow=={NEWEST}", "-e", ".[test,parity]", TORCH)
    session.run("pytest", "tests/parity", *session.posargs)


@nox.session(python="3.11")
def docs(session):
    """The site, its examples, and every notebook in few steps."""
    session.install(f"tensorflow=={NEWEST}", "-e", ".[test,docs]")
    session.run("mkdocs", "build", "--strict")
    session.run("pytest", "--large", "tests/docs", *session.posargs)


@nox.session(python=["3.11", "3.12", "3.13"])
def release(session):
    """What is published, built, installed and run."""
    session.install("build")
    session.run("python", "-m", "scripts.release_check", *session.posargs)
