"""What becomes of a search's processes, with processes that do nothing."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import pytest

from keras_perceiver.search import chief_address
from keras_perceiver.search import supervisor
from keras_perceiver.search.supervisor import supervise
from keras_perceiver.search.trials import TrialLog
from keras_perceiver.training import preemption
from tests.search import supervised
from tests.search.written_records import record

# A busy machine takes its time; what waits to be ended waits longer.
LONG = 120
# What each script can use: its name, how often it was started, and a note
# of each start with its variables.
HEAD = """
import json, os, pathlib, signal, subprocess, sys, time
name = os.environ.get("KERASTUNER_TUNER_ID", "alone")
folder = pathlib.Path(os.environ["KERAS_PERCEIVER_SEARCH_FOLDER"])
start = len(list(folder.glob(f"{name}.*.json")))
note = {"pid": os.getpid(), "environment": dict(os.environ)}
(folder / f"{name}.{start}.new").write_text(json.dumps(note))
os.rename(folder / f"{name}.{start}.new", folder / f"{name}.{start}.json")
def wait():
    time.sleep(600)
def die(number=signal.SIGKILL):
    os.kill(os.getpid(), number)
"""


def command_of(folder, script):
    """A command that runs a script; Python starts fast without packages."""
    path = folder / "script.py"
    path.write_text(HEAD + script)
    return [sys.executable, "-I", "-S", str(path)]


def search_with(folder, script, workers=1, **options):
    command = command_of(folder, script)
    return supervise(command, folder=folder, workers=workers, **options)


def notes(folder, name):
    """What each process noted that played a role, in turn."""
    paths = sorted(folder.glob(f"{name}.*.json"))
    return [json.loads(path.read_text()) for path in paths]


def variables(folder, name):
    return [note["environment"] for note in notes(folder, name)]


def lives(pid):
    """Whether a process runs; one that nobody has asked after does not."""
    try:
        status = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_until(happens):
    deadline = time.monotonic() + LONG
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# Else it could be ended before it has noted anything.
WAITING_CHIEF = """
if name == 'chief': wait()
while not (folder / 'chief.0.json').exists(): time.sleep(0.02)
"""


def test_each_process_is_told_its_role(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(6)))
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert search_with(tmp_path, WAITING_CHIEF, workers=2, devices=())
    told = {
        name: variables(tmp_path, name)
        for name in ("chief", "worker-0", "worker-1")
    }
    assert all(len(starts) == 1 for starts in told.values())
    every = [starts[0] for starts in told.values()]
    assert {one["KERASTUNER_ORACLE_IP"] for one in every} == {"127.0.0.1"}
    assert len({one["KERASTUNER_ORACLE_PORT"] for one in every}) == 1
    assert told["chief"][0]["CUDA_VISIBLE_DEVICES"] == "-1"
    assert "TF_NUM_INTRAOP_THREADS" not in told["chief"][0]
    for name in ("worker-0", "worker-1"):
        (worker,) = told[name]
        assert worker["TF_NUM_INTRAOP_THREADS"] == "3"
        # As the user has it.
        assert worker["OMP_NUM_THREADS"] == "5"
        assert "KERAS_PERCEIVER_WORKER_DIED" not in worker
        assert (tmp_path / "logs" / f"{name}.log").exists()
    # It has nothing more to do, and does not see that.
    assert not lives(notes(tmp_path, "chief")[0]["pid"])


def test_each_worker_has_a_gpu(tmp_path):
    search_with(tmp_path, WAITING_CHIEF, workers=2, devices=("4", "7"))
    for name, gpu in (("worker-0", "4"), ("worker-1", "7"), ("chief", "-1")):
        (told,) = variables(tmp_path, name)
        assert told["CUDA_VISIBLE_DEVICES"] == gpu


def test_one_worker_needs_no_chief(tmp_path):
    assert search_with(tmp_path, "")
    (told,) = variables(tmp_path, "alone")
    assert not [name for name in told if name.startswith("KERASTUNER")]


def test_a_killed_worker_is_started_again_as_itself(tmp_path, capsys):
    script = WAITING_CHIEF + (
        "if name == 'worker-1' and start == 0: die()\n"
        "if name == 'worker-1' and start == 1: sys.exit(75)\n"
        "if name == 'worker-1' and start == 2: os._exit(139)\n"
    )
    search_with(tmp_path, script, workers=2)
    told = variables(tmp_path, "worker-1")
    died = [one.get("KERAS_PERCEIVER_WORKER_DIED") for one in told]
    killed = "killed by SIGKILL, as a machine does that is out of memory"
    # The code of whoever was told to stop says nothing of the trial.
    assert died == [None, killed, None, "ended with code 139"]
    ports = {one["KERASTUNER_ORACLE_PORT"] for one in told}
    assert len(ports) == 1
    assert len(notes(tmp_path, "worker-0")) == 1
    assert f"worker-1: {killed}; starting it again" in capsys.readouterr().out


def test_a_killed_chief_is_started_again_at_its_address(tmp_path):
    script = (
        "if name == 'chief': die(signal.SIGSEGV) if start == 0 else wait()\n"
        "while not (folder / 'chief.1.json').exists(): time.sleep(0.02)\n"
    )
    search_with(tmp_path, script, workers=2)
    first, second = variables(tmp_path, "chief")
    port = "KERASTUNER_ORACLE_PORT"
    assert first[port] == second[port]
    assert second["KERAS_PERCEIVER_WORKER_DIED"] == "killed by SIGSEGV"
    assert len(notes(tmp_path, "worker-0")) == 1


def test_an_error_ends_all_with_its_message(tmp_path):
    script = (
        "if name != 'worker-1': wait()\n"
        "while not (folder / 'worker-0.0.json').exists(): time.sleep(0.02)\n"
        "raise KeyError('a mistake')\n"
    )
    with pytest.raises(supervisor.WorkerFailedError) as error:
        search_with(tmp_path, script, workers=2)
    message = str(error.value)
    assert message.startswith("KeyError: 'a mistake'\n(worker-1 ended")
    log = tmp_path / "logs" / "worker-1.log"
    assert f"{log})" in message
    assert "Traceback" in log.read_text()
    assert len(notes(tmp_path, "worker-1")) == 1
    assert not lives(notes(tmp_path, "worker-0")[0]["pid"])


def test_a_worker_that_only_dies_ends_the_search(tmp_path):
    TrialLog(tmp_path).write(record("0", 0.5, worker="other"))
    with pytest.raises(supervisor.WorkerDiedError, match="alone died 5 times"):
        search_with(tmp_path, "die()")
    assert len(notes(tmp_path, "alone")) == 5


def test_a_worker_may_die_as_often_if_trials_end_between(tmp_path):
    # Each with a trial that ended as it should, or was blamed for deaths.
    script = (
        "deaths = [] if start == 3 else ['killed', 'killed']\n"
        "line = json.dumps({'trial': str(start), 'state': 'pruned',\n"
        "                   'worker': 'alone', 'deaths': deaths}) + '\\n'\n"
        "with open(folder / 'trials.jsonl', 'a') as log: log.write(line)\n"
        "die()\n"
    )
    with pytest.raises(supervisor.WorkerDiedError):
        search_with(tmp_path, script)
    # The fourth counts as the first again.
    assert len(notes(tmp_path, "alone")) == 8


WITH_GRANDCHILD = (
    "grandchild = subprocess.Popen([sys.executable, '-I', '-S', '-c',\n"
    "                               'import time; time.sleep(600)'])\n"
    "(folder / f'{name}.pid').write_text(str(grandchild.pid))\n"
    "(folder / f'{name}.ready').touch()\n"
)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGKILL, -signal.SIGKILL),
        (signal.SIGTERM, preemption.RESTART_CODE),
        # A KeyboardInterrupt that nobody catches.
        (signal.SIGINT, -signal.SIGINT),
    ],
)
def test_no_process_outlives_the_supervisor(tmp_path, number, code):
    script = WITH_GRANDCHILD + (
        "try: wait()\n"
        "except KeyboardInterrupt: (folder / f'{name}.interrupted').touch()\n"
    )
    process = subprocess.Popen(
        [
            *(sys.executable, supervised.__file__, str(tmp_path), "2"),
            *command_of(tmp_path, script),
        ],
        stderr=subprocess.DEVNULL,
    )
    names = ["chief", "worker-0", "worker-1"]
    wait_until(lambda: len(list(tmp_path.glob("*.ready"))) == len(names))
    pids = [notes(tmp_path, name)[0]["pid"] for name in names]
    pids += [int((tmp_path / f"{name}.pid").read_text()) for name in names]
    assert all(map(lives, pids))
    process.send_signal(number)
    assert process.wait(timeout=LONG) == code
    wait_until(lambda: not any(map(lives, pids)))
    interrupted = {path.stem for path in tmp_path.glob("*.interrupted")}
    assert interrupted == (set(names) if number == signal.SIGINT else set())


def test_a_command_that_is_none_is_told_before_anything_starts(tmp_path):
    folder = tmp_path / "search"
    for command in ([], ["no-such-program", "x"]):
        with pytest.raises(ValueError, match="such as python my_search"):
            supervise(command, folder=folder)
    with pytest.raises(ValueError, match="Received: 0"):
        supervise([sys.executable], folder=folder, workers=0)
    assert not folder.exists()


def test_several_machines_have_workers_of_their_own(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(socket, "gethostname", lambda: "alpha")
    script = "if name == 'chief': time.sleep(0.3)\n"
    with socket.create_server(("127.0.0.1", 0)) as server:
        chief = f"127.0.0.1:{server.getsockname()[1]}"
    assert search_with(tmp_path, script, workers=2, chief=chief)
    (told,) = variables(tmp_path, "worker-alpha-1")
    assert told["KERASTUNER_ORACLE_PORT"] == chief.rpartition(":")[2]
    # Others may still ask it, so that nobody ends it.
    assert (tmp_path / "chief.0.json").exists()
    announced = json.loads((tmp_path / chief_address.FILE).read_text())
    assert announced == {"address": chief}
    # Its port is for this machine alone.
    assert "authentication" not in capsys.readouterr().out


def test_a_machine_that_is_not_the_chief_runs_workers_alone(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(socket, "gethostname", lambda: "beta")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = chief_address.ChiefAddress(
            "127.0.0.1", server.getsockname()[1], is_here=False, is_shared=True
        )
        monkeypatch.setattr(
            chief_address, "choose_address", lambda chief: address
        )
        chief_address.announce(address, tmp_path)
        assert not search_with(tmp_path, "", chief="alpha:1")
        assert not notes(tmp_path, "chief")
        assert len(notes(tmp_path, "worker-beta-0")) == 1
    for note in tmp_path.glob("worker-beta*"):
        note.unlink()
    # And now the chief is gone while the worker trains.
    monkeypatch.setattr(chief_address, "wait_for_chief", lambda *told: None)
    with pytest.raises(supervisor.LostChiefError) as error:
        search_with(tmp_path, "sys.exit(75)", chief="alpha:1")
    assert error.value.exit_code == 75
    assert len(notes(tmp_path, "worker-beta-0")) == 1
