"""What a chief knows of its workers, also when it is started again."""

import pytest
from keras_tuner.src.distribute.oracle_chief import exit_chief

from keras_perceiver.search.feasibility import Feasibility
from keras_perceiver.search.oracles import OBJECTIVE
from keras_perceiver.search.oracles import make_oracle
from tests.search import searches


def oracle_in(folder):
    oracle = make_oracle(
        "random",
        searches.SPACE,
        Feasibility(searches.TEMPLATE),
        reference={},
        seed=0,
        trials=5,
        seconds=None,
        maximize=False,
    )
    oracle._set_project_dir(folder, "search")
    oracle.reload()
    return oracle


@pytest.fixture
def chief(monkeypatch):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "chief")


@pytest.fixture
def restarted_chief(monkeypatch, chief):
    monkeypatch.setenv("KERAS_PERCEIVER_WORKER_DIED", "killed by SIGKILL")


def begin_two(folder):
    oracle = oracle_in(folder)
    return [oracle.create_trial(f"worker-{n}").trial_id for n in range(2)]


def test_workers_go_on_with_their_trials(tmp_path, restarted_chief):
    begun = begin_two(tmp_path)
    oracle = oracle_in(tmp_path)
    # It waits for them, too.
    assert oracle.tuner_ids == {"worker-0", "worker-1"}
    assert oracle.create_trial("worker-2").trial_id not in begun
    for number, name in enumerate(begun):
        assert oracle.create_trial(f"worker-{number}").trial_id == name


def test_a_chief_does_not_leave_before_a_late_worker(
    tmp_path, monkeypatch, chief
):
    monkeypatch.setenv("KERAS_PERCEIVER_SEARCH_WORKERS", "worker-0,worker-1")
    oracle = oracle_in(tmp_path)
    for _ in range(5):
        oracle.end_trial(oracle.create_trial("worker-0"))
    assert oracle.create_trial("worker-0").status == "STOPPED"
    assert not exit_chief(oracle)
    assert oracle.create_trial("worker-1").status == "STOPPED"
    assert exit_chief(oracle)


def test_with_other_workers_they_are_begun_again(tmp_path, chief):
    begun = begin_two(tmp_path)
    oracle = oracle_in(tmp_path)
    names = ["worker-alpha-0", "worker-alpha-1"]
    assert [oracle.create_trial(name).trial_id for name in names] == begun


def test_a_value_outlives_the_chief_that_was_told(tmp_path, restarted_chief):
    oracle = oracle_in(tmp_path)
    trial = oracle.create_trial("worker-0")
    oracle.update_trial(trial.trial_id, {OBJECTIVE: 0.25})
    oracle = oracle_in(tmp_path)
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    assert oracle.trials[trial.trial_id].score == 0.25
    # The worker may not have heard that, and says it again.
    oracle.end_trial(trial)
    assert oracle.ongoing_trials == {}
    assert oracle.end_order == [trial.trial_id]
