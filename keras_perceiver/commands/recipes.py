"""`keras-perceiver recipes`: where training is, with and without a clone."""

import os
import pathlib
import subprocess
import sys

_CLONE = pathlib.Path(__file__).parents[2]
_ELSEWHERE = """\
Recipes train, evaluate and export the published systems. They live in a clone
of the repository, and not in the installed package. In the clone's folder:

  pip install --editable .
  python -m recipes

The package alone has all models, tasks, exports and clients, the search for a
latent size, and load_pretrained for what a recipe trained."""


def add(commands):
    """Adds the parser of the command to those of the others."""
    recipes = commands.add_parser(
        "recipes",
        help="list what can be trained, with times and hardware, and say how",
        description="Lists the recipes of the clone that this package lies "
        "in, or that is the current folder. Without one, says what to do, "
        "and ends with 1.",
    )
    recipes.set_defaults(run=_run)


def _run(options):
    clone = find_clone()
    if clone is None:
        raise FileNotFoundError(
            f"no clone of the repository here.\n{_ELSEWHERE}"
        )
    print(f"Run these in {clone}.\n", flush=True)
    # A process of its own, since the library imports no recipe.
    finished = subprocess.run(
        [sys.executable, "-m", "recipes"],
        cwd=clone,
        check=False,
        # As here, so that nothing is loaded from another place.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(_path(clone))},
    )
    return finished.returncode


def find_clone():
    """Returns the folder of the clone, None where there is none."""
    for folder in (_CLONE, pathlib.Path.cwd()):
        is_ours = (folder / "keras_perceiver" / "__main__.py").is_file()
        if is_ours and (folder / "recipes" / "runner.py").is_file():
            return folder
    return None


def _path(clone):
    before = os.environ.get("PYTHONPATH")
    return [str(clone), *([before] if before else [])]
