"""The command `keras-perceiver`."""

import json
import pathlib
import subprocess
import sys

import pytest

from keras_perceiver import __main__ as command_line
from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver.serving import alone
from keras_perceiver.serving import ask
from tests.random_values import without_values

ROOT = pathlib.Path(__file__).parents[1]


def test_presets_lists_every_published_model(capsys):
    assert command_line.main(["presets"]) == 0
    captured = capsys.readouterr()
    assert max(map(len, captured.out.splitlines())) < 80
    words = " ".join(captured.out.split())
    for name, preset in presets().items():
        row = f"{name} {preset.parameters:,} parameters {preset.source}"
        assert row in words
    assert captured.err == ""


def test_presets_prints_every_number_of_one(capsys):
    assert command_line.main(["presets", "language_bytes"]) == 0
    settings = json.loads(capsys.readouterr().out)
    preset = presets()["language_bytes"]
    assert preset.settings.items() <= settings.items()
    # Those that every language model starts with too.
    assert settings["embedding_stddev"] == 1.0
    with without_values():
        model = from_preset("language_bytes", **settings)
        assert model.count_params() == preset.parameters


def test_a_mistaken_name_is_told_with_the_nearest(capsys):
    assert command_line.main(["presets", "langage_byte"]) == 1
    captured = capsys.readouterr()
    expected = "Unknown preset 'langage_byte'. Did you mean 'language_bytes'?"
    assert captured.err == f"error: {expected}\n"
    assert captured.out == ""


@pytest.mark.parametrize(
    "error", [ValueError, PermissionError, FileNotFoundError, ImportError]
)
def test_what_is_wrong_with_a_request_is_one_line(monkeypatch, capsys, error):
    def fail(target, requests, **options):
        assert (target, requests) == ("there", ["a", "b"])
        raise error("what is wrong")

    monkeypatch.setattr(ask, "ask", fail)
    assert command_line.main(["ask", "there", "a", "b"]) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "error: what is wrong\n")


def test_a_bug_is_not_hidden(monkeypatch):
    monkeypatch.setattr(ask, "ask", None)
    with pytest.raises(TypeError):
        command_line.main(["ask", "there", "a"])


@pytest.mark.parametrize("code", [0, 1, 7])
def test_check_ends_as_its_process_does(monkeypatch, code):
    commands = []

    def run(*command):
        commands.append(command)
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(alone, "run_alone", run)
    assert command_line.main(["check", "some/folder"]) == code
    check = "keras_perceiver.serving.check"
    assert commands == [(check, pathlib.Path("some/folder"))]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["preset"],
        ["config"],
        ["check"],
        ["ask", "there"],
        ["presets", "x", "y"],
    ],
)
def test_a_command_line_that_cannot_be_read_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        command_line.main(arguments)
    assert end.value.code == 2
    assert "usage: keras-perceiver" in capsys.readouterr().err


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        command_line.main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    for command in ("presets", "config", "check", "ask"):
        assert f"  {command} " in out


def test_it_runs_as_a_module_and_hands_on_the_exit_code():
    finished = subprocess.run(
        [sys.executable, "-m", "keras_perceiver", "presets", "langage_byte"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.endswith("Did you mean 'language_bytes'?\n")


def test_a_reader_that_has_enough_is_no_error():
    command = f"{sys.executable} -m keras_perceiver presets"
    finished = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -1"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert len(finished.stdout.splitlines()) == 1
