"""Needs torch and transformers, and says at the end how near both are."""

import importlib.util
import itertools
import os

import pytest

# Nothing here may depend on what a hub answers.
os.environ["HF_HUB_OFFLINE"] = "1"

for name in ("torch", "transformers"):
    if importlib.util.find_spec(name) is None:
        raise pytest.UsageError(
            f"tests/parity compares with Hugging Face's models: {name} is "
            "missing. `make parity` installs it, as does "
            "pip install 'keras-perceiver[parity]'"
        )


class Report:
    """How near both sides were, for all tests to be printed at the end.

    Args:
        note: takes a name and a value, and brings both to the process that
            prints: `record_property`.
    """

    def __init__(self, note):
        self._note = note

    def near(self, model, column, error):
        """Notes the largest difference of what has to agree."""
        self._note("near", (model, column, float(error)))

    def apart(self, model, how, error):
        """Notes a difference that there has to be."""
        self._note("apart", (model, how, float(error)))


def tables(notes):
    """Yields the lines of both tables.

    Args:
        notes: what `Report` noted, in the order of the rows.
    """
    near, apart = {}, []
    for name, (model, about, error) in notes:
        if name == "near":
            near.setdefault(model, {})[about] = error
        else:
            apart.append((model, about, _printed(error)))
    columns = list(dict.fromkeys(itertools.chain(*near.values())))
    if columns:
        yield from _table(
            ("model", *columns),
            [
                (model, *(_printed(errors.get(name)) for name in columns))
                for model, errors in near.items()
            ],
        )
    if apart:
        yield ""
        yield from _table(("model", "not in the form", "apart"), apart)


def _printed(error):
    return "" if error is None else f"{error:.1e}"


def _table(head, rows):
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cells)} |"


@pytest.fixture
def report(record_property):
    return Report(record_property)


def pytest_terminal_summary(terminalreporter):
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call"
    ]
    # In one order, whichever process is first; within a file it is that.
    reports.sort(key=lambda report: report.nodeid.partition("::")[0])
    notes = [note for report in reports for note in report.user_properties]
    lines = list(tables(notes))
    if lines:
        terminalreporter.section("parity: max|a - b| / max|b|")
        for line in lines:
            terminalreporter.write_line(line)
