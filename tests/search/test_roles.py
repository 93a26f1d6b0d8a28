import signal
import socket

import pytest

from keras_perceiver.search import roles
from keras_perceiver.search.chief_address import ChiefAddress


def names(address, workers):
    return [role.name for role in roles.roles_here(address, workers)]


def test_one_worker_is_alone_and_several_have_a_chief():
    assert names(None, 1) == ["alone"]
    here = ChiefAddress("127.0.0.1", 5, is_here=True, is_shared=False)
    assert names(here, 2) == ["chief", "worker-0", "worker-1"]
    (chief, worker, _) = roles.roles_here(here, 2)
    address = {
        "KERASTUNER_ORACLE_IP": "127.0.0.1",
        "KERASTUNER_ORACLE_PORT": "5",
    }
    assert worker.environment == {"KERASTUNER_TUNER_ID": "worker-0", **address}
    assert chief.environment == {
        "KERASTUNER_TUNER_ID": "chief",
        "KERAS_PERCEIVER_SEARCH_WORKERS": "worker-0,worker-1",
        **address,
    }
    assert roles.expected_workers(chief.environment) == ["worker-0", "worker-1"]
    assert roles.expected_workers(worker.environment) == []
    died = {"KERAS_PERCEIVER_WORKER_DIED": "killed"}
    assert roles.expected_workers({**chief.environment, **died}) == []


def test_no_two_machines_have_a_worker_of_one_name(monkeypatch):
    found = []
    for host in ("alpha", "beta", "chief-1"):
        monkeypatch.setattr(socket, "gethostname", lambda host=host: host)
        address = ChiefAddress("alpha", 5, host == "alpha", is_shared=True)
        found += names(address, 2)
    assert found == [
        *("chief", "worker-alpha-0", "worker-alpha-1"),
        *("worker-beta-0", "worker-beta-1"),
        # KerasTuner would take it for the chief.
        *("worker-chf-1-0", "worker-chf-1-1"),
    ]


def test_a_child_knows_what_it_is():
    assert not roles.is_child({})
    assert not roles.is_chief({})
    assert not roles.was_restarted({})
    assert roles.is_child({"KERAS_PERCEIVER_SEARCH_FOLDER": "/a"})
    assert roles.is_chief({"KERASTUNER_TUNER_ID": "chief"})
    assert not roles.is_chief({"KERASTUNER_TUNER_ID": "worker-0"})
    assert roles.was_restarted({"KERAS_PERCEIVER_WORKER_DIED": "killed"})


def test_a_search_in_another_folder_than_is_watched_is_told(tmp_path):
    roles.check_folder(tmp_path, {})
    environment = {"KERAS_PERCEIVER_SEARCH_FOLDER": str(tmp_path)}
    roles.check_folder(tmp_path, environment)
    with pytest.raises(ValueError, match="Give both the same folder"):
        roles.check_folder(tmp_path / "other", environment)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            -signal.SIGKILL,
            "killed by SIGKILL, as a machine does that is out of",
        ),
        (-signal.SIGSEGV, "killed by SIGSEGV"),
        (-40, "killed by signal 40"),
        (139, "ended with code 139"),
    ],
)
def test_a_death_is_told_in_words(code, words):
    assert roles.death_in_words(code).startswith(words)
