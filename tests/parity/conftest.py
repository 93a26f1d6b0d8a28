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

_REPORT = pytest.StashKey()


class Report:
    """How near both sides were, to be printed when all is done."""

    def __init__(self):
        self._near = {}
        self._apart = []

    def near(self, model, column, error):
        """Notes the largest difference of what has to agree."""
        self._near.setdefault(model, {})[column] = error

    def apart(self, model, how, error):
        """Notes a difference that there has to be."""
        self._apart.append((model, how, _printed(error)))

    def tables(self):
        """Yields the lines of both tables."""
        columns = list(dict.fromkeys(itertools.chain(*self._near.values())))
        if columns:
            yield from _table(
                ("model", *columns),
                [
                    (model, *(_printed(errors.get(name)) for name in columns))
                    for model, errors in self._near.items()
                ],
            )
        if self._apart:
            head = ("model", "not in the form", "apart")
            yield ""
            yield from _table(head, self._apart)


def _printed(error):
    return "" if error is None else f"{error:.1e}"


def _table(head, rows):
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cells)} |"


def pytest_configure(config):
    config.stash[_REPORT] = Report()


@pytest.fixture
def report(request):
    return request.config.stash[_REPORT]


def pytest_terminal_summary(terminalreporter, config):
    lines = list(config.stash[_REPORT].tables())
    if lines:
        terminalreporter.section("parity: max|a - b| / max|b|")
        for line in lines:
            terminalreporter.write_line(line)
