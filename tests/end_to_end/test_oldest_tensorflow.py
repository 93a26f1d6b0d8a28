"""The oldest TensorFlow that is promised, in an environment of its own."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
OLDEST = "tensorflow==2.16.2"
# What stands on TensorFlow's own Python: layers, models, steps, strategies.
PARTS = ("layers", "models", "data", "training", "recipes")


@pytest.mark.large
@pytest.mark.skipif(
    sys.version_info >= (3, 13), reason=f"{OLDEST} has no wheel for this Python"
)
def test_layers_training_and_recipes_pass_on_it(tmp_path):
    python = tmp_path / "environment" / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "venv", str(python.parents[1])], check=True
    )
    # Without TensorFlow Datasets, which needs a newer protobuf than it takes.
    packages = [
        "pytest",
        "pytest-xdist",
        "hypothesis",
        "pyyaml",
        "scikit-learn",
    ]
    install = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        OLDEST,
        *packages,
    ]
    subprocess.run([*install, "--editable", str(ROOT)], check=True)
    ended = subprocess.run(
        [
            *(str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("--numprocesses=2", "--dist=loadgroup"),
            *(f"tests/{part}" for part in PARTS),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    last_lines = "\n".join(ended.stdout.splitlines()[-40:])
    assert ended.returncode == 0, last_lines
    assert " passed" in last_lines
