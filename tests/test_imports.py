"""Imports run one way.

`keras <- layers <- models <- tasks <- serving <- search <- recipes`, where the
`doctor` and the `commands` stand beside recipes and import none of them, and
`data`, `convert`, `training`, `cost`, `visualization` know of nothing from
`tasks` on.
"""

import ast
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]
LIBRARY = "keras_perceiver"
ORDER = (
    *("layers", "models", "tasks", "serving", "search"),
    *("doctor", "commands"),
)
BESIDE = ("data", "convert", "training", "cost", "visualization")
BACKENDS = ("tensorflow", "jax", "torch")


def module_name(file, root):
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(file, root):
    """Full names of all that a file imports, wherever in it.

    `from a import b` gives `a` and `a.b`, since `b` may be a module. A string
    that `import_module` or `import_extra` is called with counts too.
    """
    package = module_name(file, root).split(".")
    if file.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1]
            base = above if node.level else []
            base = ".".join([*base, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            argument = node.args[0]
            if name in ("import_module", "import_extra", "__import__"):
                yield str(getattr(argument, "value", ""))


def forbidden_in_library(part, is_kernels, imported):
    """Why a file in `keras_perceiver/PART` may not import a name, or None."""
    top, _, rest = imported.partition(".")
    target = rest.split(".")[0]
    if top == "recipes":
        return "the library imports no recipe"
    if part in ("layers", "models") and top in BACKENDS and not is_kernels:
        return "layers and models are of no backend, layers/kernels aside"
    if top != LIBRARY:
        return None
    if part in ORDER and target in ORDER[ORDER.index(part) + 1 :]:
        return f"{part} comes before {target}"
    if part == "layers" and target in BESIDE:
        return f"layers know nothing of {target}"
    if part in BESIDE and target in ORDER[ORDER.index("tasks") :]:
        return f"{part} knows nothing of {target}"
    return None


def forbidden_in_recipe(recipe, recipes, imported):
    """Why a recipe may not import a name, or None."""
    top, _, rest = imported.partition(".")
    target = rest.split(".")[0]
    if top == "recipes" and target in recipes and target != recipe:
        return "a recipe imports no other"
    return None


def violations(root):
    """Every import that runs the wrong way, as `FILE: NAME (WHY)`."""
    found = set()

    def note(file, reason_of):
        for imported in imported_names(file, root):
            reason = reason_of(imported)
            if reason:
                place = file.relative_to(root).as_posix()
                found.add(f"{place}: {imported} ({reason})")

    for file in (root / LIBRARY).rglob("*.py"):
        part = file.relative_to(root / LIBRARY).parts[0].removesuffix(".py")
        is_kernels = file.parent == root / LIBRARY / "layers" / "kernels"
        note(
            file,
            lambda name, part=part, is_kernels=is_kernels: forbidden_in_library(
                part, is_kernels, name
            ),
        )
    recipes = {
        folder.name
        for folder in (root / "recipes").glob("*")
        if folder.is_dir()
    }
    for recipe in recipes:
        for file in (root / "recipes" / recipe).rglob("*.py"):
            note(
                file,
                lambda name, recipe=recipe: forbidden_in_recipe(
                    recipe, recipes, name
                ),
            )
    return sorted(found)


def test_imports_run_one_way():
    assert violations(ROOT) == []


def test_the_walk_sees_what_is_there():
    """Else no violation could ever be found."""
    seen = {
        module_name(file, ROOT): set(imported_names(file, ROOT))
        for file in (ROOT / LIBRARY).rglob("*.py")
    }
    assert "tensorflow" not in seen[f"{LIBRARY}.layers.attention"]
    assert f"{LIBRARY}.layers.kernels" in seen[f"{LIBRARY}.layers.attention"]
    assert f"{LIBRARY}.models" in seen[f"{LIBRARY}.cost.totals"]
    assert f"{LIBRARY}.layers.Bias" in seen[f"{LIBRARY}.models.language"]
    assert f"{LIBRARY}.models" in seen[LIBRARY]


def written(root, files):
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


WRONG = {
    "keras_perceiver/layers/mlp.py": "import tensorflow as tf",
    "keras_perceiver/layers/bias.py": "def f():\n    from jax import numpy",
    "keras_perceiver/layers/norm.py": "from keras_perceiver import data",
    "keras_perceiver/layers/kernels/deep/loop.py": "import jax.numpy as jnp",
    "keras_perceiver/models/flow.py": "from keras_perceiver import tasks",
    "keras_perceiver/models/up.py": "from ..tasks import fill_mask",
    "keras_perceiver/tasks/ask.py": "import keras_perceiver.serving.client",
    "keras_perceiver/serving/tune.py": "from keras_perceiver.search import x",
    "keras_perceiver/search/best.py": "import recipes.byte_mlm",
    "keras_perceiver/data/text.py": "from keras_perceiver.tasks.a import b",
    "keras_perceiver/cost/totals.py": "from ..serving import export",
    "keras_perceiver/cost/report.py": "import keras_perceiver.tasks.flow",
    "keras_perceiver/training/late.py": (
        "import importlib\nimportlib.import_module('keras_perceiver.search')"
    ),
    "keras_perceiver/search/view.py": "from keras_perceiver import commands",
    "recipes/glue/data.py": "from recipes.byte_mlm import data",
    "recipes/kinetics/data.py": "from ..glue.data import x",
}
RIGHT = {
    "keras_perceiver/__init__.py": "from keras_perceiver import models",
    "keras_perceiver/layers/kernels/loop.py": "import tensorflow, jax",
    "keras_perceiver/layers/base.py": "from keras_perceiver import errors",
    "keras_perceiver/models/language.py": "from ..layers import Bias",
    "keras_perceiver/tasks/flow.py": "from keras_perceiver.data import images",
    "keras_perceiver/search/all.py": "from keras_perceiver import serving",
    "keras_perceiver/visualization/a.py": "from keras_perceiver import models",
    "keras_perceiver/cost/images.py": "from keras_perceiver import models",
    "recipes/runner.py": "import recipes.byte_mlm, recipes.glue",
    "recipes/byte_mlm/config.py": "from recipes.byte_mlm import data, x",
    "recipes/glue/config.py": "from recipes import runner\nimport tensorflow",
}


def test_every_wrong_way_is_found(tmp_path):
    written(tmp_path, {**RIGHT, **WRONG})
    found = {violation.split(":")[0] for violation in violations(tmp_path)}
    assert found == set(WRONG)


def test_the_right_way_is_free(tmp_path):
    written(tmp_path, RIGHT)
    assert violations(tmp_path) == []


# Keras itself imports some of these where they are installed. So they are
# forgotten, and asking for them again is noted.
PROGRAM = """
import importlib.abc
import sys

import keras

HEAVY = sys.argv[1:]
asked = set()

class Note(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in HEAVY:
            asked.add(name.split(".")[0])

for name in list(sys.modules):
    if name.split(".")[0] in HEAVY:
        del sys.modules[name]
sys.meta_path.insert(0, Note())
import keras_perceiver
keras_perceiver.presets()
from keras_perceiver.cost import cost
cost("language_bytes")
print(keras.backend.backend(), *sorted(asked))
"""


def heavy_imports(program=PROGRAM):
    """The heavy modules that the library asks for under JAX."""
    heavy = ["tensorflow", "matplotlib", "rich", "tensorflow_datasets"]
    result = subprocess.run(
        [sys.executable, "-c", program, *heavy],
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    backend, *asked = result.stdout.split()
    assert backend == "jax"
    return asked


def test_the_library_loads_without_what_is_heavy():
    assert heavy_imports() == []


def test_heavy_imports_would_be_noticed():
    program = PROGRAM.replace(
        "import keras_perceiver\n", "import rich\nimport keras_perceiver\n", 1
    )
    assert heavy_imports(program) == ["rich"]
