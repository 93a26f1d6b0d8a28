"""What a shell completes, asked of the shell itself."""

import shutil
import subprocess
import sys

import pytest
import shtab

from keras_perceiver import __main__ as command_line
from keras_perceiver import presets
from keras_perceiver.commands import completion


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    file = tmp_path_factory.mktemp("completion") / "script"
    file.write_text(completion.script("bash", shtab))
    return file


@pytest.fixture
def completed(script, tmp_path):
    """From what was typed to what bash offers for its last word."""

    def complete(*typed):
        words = " ".join(f"'{word}'" for word in ("keras-perceiver", *typed))
        program = (
            f"source {script}\n"
            f"COMP_WORDS=({words})\nCOMP_CWORD={len(typed)}\n"
            "function=$(complete -p keras-perceiver | "
            "sed 's/.*-F \\([^ ]*\\).*/\\1/')\n"
            "$function keras-perceiver\n"
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        answer = subprocess.run(
            [shutil.which("bash"), "-c", program],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return set(answer.stdout.split())

    return complete


def test_commands_are_completed(completed):
    assert {"presets", "doctor", "ask", "search-workers"} <= completed("")
    assert completed("do") == {"doctor"}


def test_options_are_those_of_the_command(completed):
    assert {"--json", "--skip-smoke-test"} <= completed("doctor", "--")
    assert "--json" not in completed("cost", "--")


def test_presets_are_completed_by_name(completed):
    wanted = {name for name in presets() if name.startswith("language_")}
    assert len(wanted) > 3
    assert completed("cost", "language_") == wanted
    assert completed("presets", "language_") == wanted


def test_files_and_folders_are_completed(completed, tmp_path):
    (tmp_path / "photo.png").write_text("")
    (tmp_path / "exports").mkdir()
    assert "photo.png" in completed("ask", "")
    assert completed("check", "ex") == {"exports"}
    assert "photo.png" not in completed("check", "")


def test_the_command_prints_the_script(script, capsys):
    assert command_line.main(["completion", "bash"]) == 0
    assert capsys.readouterr().out == script.read_text() + "\n"


def test_without_the_extra_the_line_that_installs_it_is_told(
    capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert command_line.main(["completion", "zsh"]) == 1
    assert "pip install 'keras-perceiver[completion]'" in (
        capsys.readouterr().err
    )
