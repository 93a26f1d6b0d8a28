"""Builds what is published, and runs the demo with each file of it.

    python -m scripts.release_check --settings='--training.steps=700'

The sdist must hold every file of the repository. The sdist and the wheel are
installed in an empty environment each, where the recipe `byte_mlm` trains,
answers, exports, and `keras-perceiver` checks and asks the export. Needs git
and the package `build`.
"""

import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).parents[1]
SENTENCE = "The [MASK:9] statement is used to define a new name."


def main(arguments=None):
    """Builds, compares and runs; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--to", type=pathlib.Path, default=ROOT / "build" / "release"
    )
    parser.add_argument(
        "--settings", default="", help="more settings for the training"
    )
    options = parser.parse_args(arguments)
    folder = options.to.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    sdist, wheel = build(folder / "dist")
    missing = missing_files(sdist, tracked_files())
    if missing:
        print(f"{sdist.name} lacks {', '.join(missing)}", file=sys.stderr)
        return 1
    source = unpack(sdist, folder)
    for published in (wheel, sdist):
        place = folder / published.name.replace(".", "_")
        # The recipes alone: the library has to come from the installation.
        shutil.copytree(source / "recipes", place / "recipes")
        demo(published, place, shlex.split(options.settings))
        print(f"ok  {published.name}", flush=True)
    return 0


def build(folder):
    """Builds the sdist, and the wheel from it; returns both files."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


def tracked_files():
    """The files that git knows, as paths in the repository."""
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return listed.stdout.splitlines()


def missing_files(sdist, wanted):
    """Which of the wanted paths an sdist lacks."""
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    return sorted(set(wanted) - inside)


def unpack(sdist, folder):
    """Unpacks an sdist; returns the folder that it holds."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def demo(published, place, settings):
    """Installs one file in an empty environment, and runs the demo there."""
    environment = place / "environment"
    run(sys.executable, "-m", "venv", environment)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", published)
    recipe = (python, "-m", "recipes", "byte_mlm")
    command = environment / "bin" / "keras-perceiver"
    at = ("--run-folder", "run")
    run(*recipe, "train", *at, *settings, cwd=place)
    run(*recipe, "predict", *at, SENTENCE, cwd=place)
    run(*recipe, "export", *at, "--to", "export", cwd=place)
    run(command, "check", "export", cwd=place)
    run(command, "ask", "export", SENTENCE, cwd=place)


def run(*words, cwd=ROOT):
    """Runs a command, which has to succeed."""
    print("$", *words, flush=True)
    # What is installed counts, not what PYTHONPATH has in front of it.
    variables = {**os.environ, "PYTHONPATH": ""}
    words = list(map(str, words))
    subprocess.run(words, cwd=cwd, check=True, env=variables)


if __name__ == "__main__":
    sys.exit(main())
