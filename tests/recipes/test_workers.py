"""A run of two processes that loses one goes on as if it had not."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from keras_perceiver.training.preemption import RESTART_CODE
from tests.recipes.command_lines import SENTENCE
from tests.recipes.small_run import SMALL_RUN
from tests.training.test_spread import free_ports

ROOT = pathlib.Path(__file__).parents[2]
SETTINGS = {
    **SMALL_RUN,
    "training.steps": 40,
    "training.evaluate-every": 20,
    "training.checkpoint-every": 5,
    "training.batch-size": 4,
    "training.deterministic": "true",
}

pytestmark = pytest.mark.large


@pytest.fixture
def start(tmp_path):
    """A function that starts both workers of a run."""
    text = tmp_path / "text.txt"
    text.write_bytes(SENTENCE * 60)
    processes = []

    def start(folder):
        ports = free_ports(2)
        workers = ",".join(f"127.0.0.1:{port}" for port in ports)
        pairs = {"data": text, **SETTINGS}.items()
        words = [word for key, value in pairs for word in (f"--{key}", value)]
        new = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "recipes", "byte_mlm", "train"),
                    *("--run-folder", str(folder)),
                    *("--strategy", "multiworker", "--workers", workers),
                    *("--worker-index", str(index), *map(str, words)),
                ],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": "."},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for index in range(2)
        ]
        processes.extend(new)
        return new

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def end(processes):
    outputs = [process.communicate()[0] for process in processes]
    return [process.returncode for process in processes], outputs


@pytest.mark.parametrize("lost", [0, 1])
def test_both_started_again_end_as_if_nothing_had_been(start, tmp_path, lost):
    codes, outputs = end(start(tmp_path / "straight"))
    assert codes == [0, 0], outputs
    assert "worker 0, writes and prints for all" in outputs[1]
    assert "step 40 of 40" in outputs[0]
    assert "step" not in outputs[1]
    both = start(tmp_path / "killed")
    checkpoints = tmp_path / "killed" / "checkpoints"
    while not checkpoints.is_dir() or not any(checkpoints.glob("step_*")):
        assert both[0].poll() is None, both[0].communicate()
        time.sleep(0.05)
    both[lost].send_signal(signal.SIGKILL)
    codes, outputs = end(both)
    assert codes[lost] == -signal.SIGKILL
    assert codes[1 - lost] == RESTART_CODE, outputs[1 - lost]
    assert f"error: Lost worker {lost} (127.0.0.1:" in outputs[1 - lost]
    codes, outputs = end(start(tmp_path / "killed"))
    assert codes == [0, 0], outputs
    assert "going on from step" in outputs[0]
    for name in ("metrics.csv", "best/model.safetensors"):
        straight = (tmp_path / "straight" / name).read_bytes()
        assert (tmp_path / "killed" / name).read_bytes() == straight, name
