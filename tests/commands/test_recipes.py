"""`keras-perceiver recipes`, in a clone and without one."""

import pathlib
import subprocess
import sys

import pytest

from keras_perceiver import __main__ as command_line
from keras_perceiver.commands import recipes

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """The package lies where no recipes are; so does the current folder."""
    monkeypatch.setattr(recipes, "_CLONE", tmp_path / "site-packages")
    monkeypatch.chdir(tmp_path)


def test_an_installed_package_says_what_needs_a_clone(wheel, capsys):
    assert command_line.main(["recipes"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error: no clone of the repository here" in captured.err
    assert "pip install --editable .\n  python -m recipes" in captured.err
    # And what goes without.
    assert "load_pretrained" in captured.err


def test_another_folder_of_that_name_is_no_clone(wheel, tmp_path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "runner.py").write_text("")
    assert recipes.find_clone() is None


def test_a_clone_is_found_beside_the_package_or_here(wheel, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert recipes.find_clone() == ROOT
    monkeypatch.setattr(recipes, "_CLONE", ROOT)
    monkeypatch.chdir("/")
    assert recipes.find_clone() == ROOT


@pytest.mark.parametrize("code", [0, 3])
def test_the_clone_lists_its_own(code, capfd, monkeypatch):
    commands = []

    def run(command, cwd, check, env):
        commands.append((command, cwd, env["PYTHONPATH"].split(":")[0]))
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(subprocess, "run", run)
    assert command_line.main(["recipes"]) == code
    command = [sys.executable, "-m", "recipes"]
    assert commands == [(command, ROOT, str(ROOT))]
    assert f"Run these in {ROOT}." in capfd.readouterr().out


def test_help_says_that_recipes_need_a_clone(capsys):
    with pytest.raises(SystemExit):
        command_line.main(["--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "recipes, which live in a clone of the repository" in words
