"""docs/command_line.md says what the code has."""

import argparse
import re

import pytest

from keras_perceiver import __main__ as command_line
from keras_perceiver.commands import ask
from keras_perceiver.commands import make_parser
from keras_perceiver.search import supervisor
from keras_perceiver.training import preemption
from keras_perceiver.training import rendezvous
from recipes import __main__ as recipes_line
from recipes.command_parser import VERBS
from tests import documentation

PAGE = "docs/command_line.md"


def first_cells(title):
    """The first cells of the table below a title."""
    section = documentation.text_of(PAGE).split(f"\n## {title}\n")[1]
    section = section.split("\n## ")[0]
    rows = re.findall(r"^\| `?([^|`]+?)`? \|", section, re.MULTILINE)
    return rows[2:]


def commands():
    [action] = [
        action
        for action in make_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return action.choices


def test_every_command_and_verb_has_its_row():
    assert first_cells("keras-perceiver") == list(commands())
    assert first_cells("python -m recipes") == list(VERBS)


def test_every_command_has_a_line_of_help(capsys):
    for name in commands():
        with pytest.raises(SystemExit) as end:
            command_line.main([name, "--help"])
        assert end.value.code == 0
        out = capsys.readouterr().out
        assert out.startswith(f"usage: keras-perceiver {name} ")
        assert max(map(len, out.splitlines())) <= 100


def ended(main, arguments):
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code


@pytest.mark.parametrize("main", [command_line.main, recipes_line.main])
@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ValueError("wrong"), 1),
        (FileNotFoundError("wrong"), 1),
        (ImportError("wrong"), 1),
        (preemption.PreemptedError(), 75),
        (KeyboardInterrupt(), 130),
    ],
)
def test_both_lines_end_with_the_codes_of_the_page(
    main, raised, code, monkeypatch, capsys
):
    def fail(*arguments):
        raise raised

    monkeypatch.setattr(ask, "_run", fail)
    monkeypatch.setattr(recipes_line, "_run", fail)
    words = {
        command_line.main: ["ask", "there", "it"],
        recipes_line.main: ["byte_mlm", "train"],
    }
    assert ended(main, words[main]) == code
    assert str(code) in first_cells("Exit codes")


def test_the_page_has_no_other_codes(capsys):
    assert first_cells("Exit codes") == ["0", "1", "2", "75", "130"]
    assert ended(command_line.main, ["presets", "bert_base"]) == 0
    assert ended(recipes_line.main, []) == 0
    assert ended(command_line.main, ["no-command"]) == 2
    assert ended(recipes_line.main, ["byte_mlm", "no-verb"]) == 2
    # What errors bring themselves is on the page too.
    for module in (rendezvous, supervisor):
        brought = re.findall(r"exit_code = (\S+)", documentation_of(module))
        assert brought
        assert all(name.endswith("RESTART_CODE") for name in brought)
    assert preemption.RESTART_CODE == 75


def documentation_of(module):
    with open(module.__file__) as source:
        return source.read()
