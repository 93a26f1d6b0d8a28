"""Several workers with KerasTuner's own chief."""

import json
import pathlib
import sys

import pytest

from keras_perceiver import __main__ as command_line
from keras_perceiver.search.trials import TrialLog
from tests.search import searches

ROOT = pathlib.Path(__file__).parents[2]
KILLED = "killed by SIGKILL, as a machine does that is out of memory"


def run(folder, victim):
    """Searches with two workers; returns the records."""
    options = ["--folder", str(folder), "--workers", "2"]
    script = [sys.executable, "-m", "tests.search.killed_once"]
    script += [str(folder), victim]
    assert command_line.main(["search-workers", *options, "--", *script]) == 0
    records = TrialLog(folder).read()
    oracle = json.loads((folder / "oracle.json").read_text())
    assert [one["state"] for one in records] == ["completed"] * 8
    assert len(oracle["end_order"]) == 8
    assert all(one["score"] is not None for one in oracle["trials"])
    assert oracle["ongoing_trials"] == {}
    assert oracle["retry_queue"] == []
    return records


def choices(records):
    return [one["choices"] for one in records]


def test_a_search_goes_on_though_a_worker_is_killed(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(ROOT)
    folder = tmp_path / "workers"
    records = run(folder, "worker")
    again = records[2]
    # Under the name of the one that was killed, which it belonged to.
    killed = (folder / "killed").read_text()
    assert again["worker"] == killed
    assert again["deaths"] == [KILLED]
    assert not any(one["deaths"] for one in records if one is not again)
    printed = capsys.readouterr().out
    assert f"{killed}: {KILLED}; starting it again" in printed
    assert "best: trial " in printed
    assert (folder / "report.md").exists()
    # They are those that one process would have tried.
    alone = searches.run(tmp_path / "alone").records
    assert choices(records) == choices(alone)


@pytest.mark.large
def test_a_search_goes_on_though_its_chief_is_killed(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(ROOT)
    folder = tmp_path / "workers"
    records = run(folder, "chief")
    printed = capsys.readouterr().out
    # The workers wait for it, and train no trial twice.
    assert printed.count("starting it again") == 1
    assert f"chief: {KILLED}; starting it again" in printed
    for log in (folder / "logs").iterdir():
        assert "Traceback" not in log.read_text()
    assert not any(one["deaths"] for one in records)
    alone = searches.run(tmp_path / "alone").records
    assert choices(records) == choices(alone)


def test_a_script_that_does_not_search_is_told(tmp_path, capsys):
    script = [sys.executable, "-I", "-S", "-c", ""]
    options = ["--folder", str(tmp_path)]
    assert command_line.main(["search-workers", *options, "--", *script]) == 1
    message = f"ended without a search in {tmp_path}"
    assert message in capsys.readouterr().err


def test_a_script_that_only_dies_is_told(tmp_path, capsys):
    script = [sys.executable, "-I", "-S", "-c", "import os; os.abort()"]
    options = ["--folder", str(tmp_path)]
    assert command_line.main(["search-workers", *options, "--", *script]) == 1
    assert "killed by SIGABRT" in capsys.readouterr().err


def test_a_script_that_fails_is_told_once(tmp_path, capsys):
    script = [sys.executable, "-I", "-S", "-c", "raise KeyError('a mistake')"]
    options = ["--folder", str(tmp_path), "--workers", "2"]
    assert command_line.main(["search-workers", *options, "--", *script]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: KeyError: 'a mistake'\n")
    assert error.count("a mistake") == 1
