import json
import pathlib
import signal
import subprocess
import sys
import textwrap

import pytest

from keras_perceiver.search import found_in
from keras_perceiver.search import oracles
from tests.search import searches

# The module, whose name in its package is the function's.
SEARCH = sys.modules["keras_perceiver.search.search"]
TUNERS = sorted(oracles.ORACLES)


@pytest.fixture(autouse=True)
def reported(monkeypatch):
    """Notes the folders to report of; reports, tested elsewhere, take long."""
    folders = []
    monkeypatch.setattr(
        SEARCH, "write_report", lambda folder, rejected: folders.append(folder)
    )
    return folders


def told(found):
    """What of a search does not depend on the clock."""
    return [
        {key: record[key] for key in ("trial", "choices", "share", "value")}
        for record in found.records
    ]


@pytest.mark.parametrize("tuner", TUNERS)
def test_no_trial_misses_the_budget(tmp_path, tuner):
    found = searches.run(tmp_path, tuner=tuner, budget="params<=1x,flops>500")
    assert len(found.records) == 8
    for record in found.records:
        assert 50 < record["cost"]["params"] <= 256
        assert record["arguments"]["latent_dim"] != 24
    state = json.loads((tmp_path / "oracle.json").read_text())
    assert set(state["rejected"]) <= {
        "cannot be built",
        "params<=256",
        "flops>500",
    }
    assert sum(state["rejected"].values()) > 0


@pytest.mark.parametrize(
    ("tuner", "trials"), [("random", 36), ("bayesian", 16)]
)
def test_the_best_is_found(tmp_path, tuner, trials):
    found = searches.run(tmp_path, tuner=tuner, trials=trials)
    assert found.best["choices"]["num_latents"] == 16
    assert found.best["choices"]["latent_dim"] == 32
    # No point twice.
    points = [tuple(record["choices"].values()) for record in found.records]
    assert len(set(points)) == len(points) == trials


def test_bayesian_search_comes_closer_than_random_points(tmp_path):
    values = {}
    for tuner in ("bayesian", "random"):
        values[tuner] = [
            searches.run(
                tmp_path / f"{tuner}{seed}", tuner=tuner, trials=12, seed=seed
            ).best["value"]
            for seed in range(3)
        ]
    assert sum(values["bayesian"]) < sum(values["random"])


def test_hyperband_gives_the_best_of_short_trials_more(tmp_path):
    found = searches.run(tmp_path, tuner="hyperband", trials=22)
    shares = [record["share"] for record in found.records]
    assert set(shares) == {1 / 9, 1 / 3, 1.0}
    short = [one for one in found.records if one["share"] < 0.2]
    longer = [one for one in found.records if one["share"] == 1 / 3]
    best = sorted(one["value"] for one in short)[:3]
    assert set(best) <= {one["value"] for one in longer}
    assert found.best["share"] == 1.0


def test_more_can_be_better(tmp_path, reported):
    found = searches.run(tmp_path, maximize=True, trials=10)
    assert found.best["value"] == max(one["value"] for one in found.records)
    assert reported == [tmp_path]


@pytest.mark.parametrize("tuner", TUNERS)
def test_another_call_goes_on_with_the_same_trials(tmp_path, tuner):
    whole = searches.run(tmp_path / "whole", tuner=tuner, trials=12)
    for trials in (3, 4, 12):
        parts = searches.run(tmp_path / "parts", tuner=tuner, trials=trials)
    assert told(parts) == told(whole)


_KILLED = """
    import os, pathlib, signal, sys
    from tests.search import searches

    folder = pathlib.Path(sys.argv[1])
    count = 0

    def train(trial):
        global count
        count += 1
        trial.report(1, searches.value_of(trial) + 1)
        if count == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return searches.value_of(trial)

    searches.run(folder, train, tuner="bayesian", trials=10)
"""


def test_a_killed_search_goes_on_with_the_same_trials(tmp_path):
    def killed(count):
        program = [sys.executable, "-c", textwrap.dedent(_KILLED)]
        return subprocess.run(
            [*program, str(tmp_path / "killed"), str(count)],
            check=False,
            cwd=pathlib.Path(__file__).parents[2],
            capture_output=True,
        )

    finished = killed(6)
    assert finished.returncode == -signal.SIGKILL, finished.stderr
    states = [one["state"] for one in found_in(tmp_path / "killed").records]
    assert states == ["completed"] * 5 + ["running"]
    again = searches.run(tmp_path / "killed", tuner="bayesian", trials=10)
    whole = searches.run(tmp_path / "whole", tuner="bayesian", trials=10)
    assert told(again) == told(whole)


def test_a_trial_that_had_ended_is_not_trained_again(tmp_path):
    searches.run(tmp_path, trials=3)
    # As if killed before the oracle was told of the last one.
    state = json.loads((tmp_path / "oracle.json").read_text())
    last = state["trials"][-1]
    state["ongoing_trials"] = {"alone": last["trial_id"]}
    state["end_order"].remove(last["trial_id"])
    last["status"], last["score"] = "RUNNING", None
    (tmp_path / "oracle.json").write_text(json.dumps(state))
    trained = []

    def train(trial):
        trained.append(trial.name)
        return searches.value_of(trial)

    searches.run(tmp_path, train, trials=5)
    assert trained == ["0003", "0004"]


def test_other_settings_are_refused(tmp_path):
    searches.run(tmp_path, trials=2)
    with pytest.raises(ValueError, match="seed was 0, is 1") as error:
        searches.run(
            tmp_path,
            trials=2,
            seed=1,
            space={**searches.SPACE, "num_latents": (4, 8)},
        )
    assert "space.num_latents was [4, 8, 16, 32], is [4, 8]" in str(error.value)
    # More trials are no other search.
    assert len(searches.run(tmp_path, trials=3).records) == 3


def test_trials_that_break_are_pruned_by_name_and_end_nothing(tmp_path):
    def train(trial):
        number = int(trial.name)
        if number == 0:
            raise MemoryError("no 3 GB left")
        if number == 1:
            trial.report(5, float("nan"))
        if number == 2:
            raise RuntimeError("RESOURCE_EXHAUSTED: 8 GB\nand a long trace")
        if number == 3:
            raise KeyError("typo")
        if number == 4:
            return float("inf")
        return searches.value_of(trial)

    found = searches.run(tmp_path, train)
    reasons = [record["reason"] for record in found.records]
    assert reasons[:6] == [
        "out of memory: no 3 GB left",
        "diverged: nan at step 5",
        "out of memory: RESOURCE_EXHAUSTED: 8 GB",
        "KeyError: 'typo'",
        "diverged: its value is inf",
        None,
    ]
    states = [record["state"] for record in found.records]
    assert states[:4] == ["pruned", "pruned", "pruned", "failed"]
    assert states[5:] == ["completed"] * 3


def test_the_same_mistake_in_every_trial_ends_the_search(tmp_path):
    def train(trial):
        raise KeyError("no such layer")

    with pytest.raises(RuntimeError, match=r"3 trials failed .*no such layer"):
        searches.run(tmp_path, train)


def test_the_value_is_the_best_that_was_reported(tmp_path):
    def train(trial):
        for step, value in enumerate((3.0, 1.0, 2.0)):
            trial.report(step, value)

    found = searches.run(tmp_path, train, trials=1)
    assert found.best["value"] == 1.0
    assert found.best["curve"] == [[0, 3.0], [1, 1.0], [2, 2.0]]


def test_a_trial_that_ends_its_process_twice_is_pruned(tmp_path, monkeypatch):
    searches.run(tmp_path, trials=1)
    path = tmp_path / "trials.jsonl"
    state = json.loads((tmp_path / "oracle.json").read_text())
    state["ongoing_trials"] = {"alone": "0000"}
    state["end_order"] = []
    state["trials"][0] |= {"status": "RUNNING", "score": None}
    (tmp_path / "oracle.json").write_text(json.dumps(state))
    record = json.loads(path.read_text())
    died = {**record, "state": "running", "deaths": ["killed by SIGKILL"]}
    path.write_text(json.dumps(died) + "\n")
    monkeypatch.setenv("KERAS_PERCEIVER_WORKER_DIED", "killed by SIGKILL again")
    found = searches.run(tmp_path, trials=2)
    assert found.records[0]["state"] == "pruned"
    assert (
        found.records[0]["reason"]
        == "ended its process: killed by SIGKILL again"
    )
    assert found.records[1]["state"] == "completed"
    assert found.records[1]["deaths"] == []


def test_time_is_counted_over_all_calls(tmp_path):
    found = searches.run(tmp_path, trials=None, minutes=1e-9)
    assert found.records == []
    assert found.best is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trials": None}, "trials=..., minutes=... or both"),
        ({"tuner": "baysian"}, "Did you mean 'bayesian'"),
        ({"budget": "params<10"}, "No point .* within the budget"),
        ({"budget": "latency_ms<10"}, "`make_task` for latency_ms"),
        ({"space": {"latents": (1, 2)}}, "Unknown choice 'latents'"),
    ],
)
def test_wrong_requests_are_refused_before_any_trial(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        searches.run(tmp_path / "search", **options)
    assert not (tmp_path / "search" / "trials.jsonl").exists()
