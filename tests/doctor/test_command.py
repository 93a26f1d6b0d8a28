"""`keras-perceiver doctor`: what it prints, and its exit code."""

import json

import pytest

from keras_perceiver import __main__ as command_line
from keras_perceiver.doctor import examination
from keras_perceiver.doctor import loading
from keras_perceiver.doctor import native_libraries
from keras_perceiver.doctor.finding import Finding

FINE = Finding("python", "3.11")
NOTE = Finding("video", "missing: av", "pip install it")
PROBLEM = Finding("keras", "missing", "pip install keras", is_problem=True)


@pytest.fixture
def examined(monkeypatch):
    """Sets what is found; returns what was asked for."""
    asked = []

    def given(*parts):
        def examine(with_smoke_test):
            asked.append(with_smoke_test)
            yield from parts

        monkeypatch.setattr(examination, "examine", examine)
        return asked

    return given


def test_notes_are_healthy(examined, capsys):
    asked = examined(("versions", [FINE]), ("extras", iter([NOTE])))
    assert command_line.main(["doctor"]) == 0
    assert asked == [True]
    assert capsys.readouterr().out == (
        "versions\n"
        "  ok       python: 3.11\n"
        "extras\n"
        "  note     video: missing: av\n"
        "           -> pip install it\n"
        "\n0 problems, 1 notes. Healthy: notes are what only some need.\n"
    )


def test_a_problem_ends_with_1_and_says_what_to_do(examined, capsys):
    asked = examined(("versions", [PROBLEM, FINE]))
    assert command_line.main(["doctor", "--skip-smoke-test"]) == 1
    assert asked == [False]
    out = capsys.readouterr().out
    assert "  problem  keras: missing\n           -> pip install keras\n" in out
    assert out.endswith("stands below it, behind ->.\n")


@pytest.mark.parametrize(
    ("finding", "code"), [(FINE, 0), (NOTE, 0), (PROBLEM, 1)]
)
def test_json_has_the_same(finding, code, examined, capsys):
    examined(("versions", [finding]))
    assert command_line.main(["doctor", "--json"]) == code
    said = json.loads(capsys.readouterr().out)
    assert said["healthy"] == (code == 0)
    assert said["parts"]["versions"] == [
        {
            "state": finding.state,
            "name": finding.name,
            "value": finding.value,
            "cure": finding.cure,
            "is_problem": finding.is_problem,
        }
    ]


def test_this_machine_is_looked_at_from_end_to_end(monkeypatch):
    # Those that start processes have tests of their own.
    monkeypatch.setattr(loading, "loading", lambda: [FINE])
    monkeypatch.setattr(
        native_libraries, "native_libraries", lambda: iter([FINE])
    )
    parts = {
        title: list(findings)
        for title, findings in examination.examine(with_smoke_test=False)
    }
    assert list(parts) == [
        "versions",
        "extras",
        "loading",
        "native libraries",
        "devices",
        "memory",
        "disks",
    ]
    names = [one.name for found in parts.values() for one in found]
    for name in ("python", "keras", "tensorflow", "processors", "threads"):
        assert name in names


def test_what_needs_keras_is_left_out_where_it_does_not_load(monkeypatch):
    monkeypatch.setattr(loading, "loading", lambda: [FINE, PROBLEM])
    parts = dict(examination.examine())
    assert parts["loading"] == [FINE, PROBLEM]
    assert list(parts) == ["versions", "extras", "loading", "memory", "disks"]
