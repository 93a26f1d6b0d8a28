"""Runs that are killed at any moment, and end as if they had not been."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys

import pytest

from tests.recipes.small_run import SMALL_RUN

ROOT = pathlib.Path(__file__).parents[2]
SETTINGS = {
    **SMALL_RUN,
    "training.checkpoint-every": 3,
    "training.deterministic": "true",
}
# A step, a save or an evaluation takes about ten milliseconds. So a process
# is killed within that time from the beginning of one.
TRAIN = """
import dataclasses
import json
import os
import signal
import sys
import threading

from keras_perceiver.training.checkpoints import Checkpoints
from keras_perceiver.training.progress import Progress
from recipes import byte_mlm
from recipes.__main__ import main

# Asking the model would take most of the time.
byte_mlm.RECIPE = dataclasses.replace(
    byte_mlm.RECIPE, sample=lambda task, data: "sample"
)
moment, number, delay = json.loads(sys.argv[1])
left = [number]


def begins(*args, **logs):
    left[0] -= 1
    if left[0] == 0:
        kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
        threading.Timer(delay, kill).start()


save = Checkpoints.save
if moment == "step":
    Progress.on_train_batch_begin = begins
elif moment == "evaluation":
    Progress.on_test_batch_begin = begins
elif moment == "save":
    Checkpoints.save = lambda *args, **options: (
        begins(), save(*args, **options)
    )
sys.exit(main(sys.argv[2:]))
"""


def start(folder, steps, moment="none", number=0, delay=0.0):
    """Starts the same command every time; returns the finished process."""
    text = folder.parent / "text.txt"
    if not text.exists():
        sentence = b"A small model is trained on this one sentence. "
        text.write_bytes(sentence * 60)
    settings = {**SETTINGS, "data": text, "training.steps": steps}
    settings["training.evaluate-every"] = 4
    words = [f"--{name}={value}" for name, value in settings.items()]
    words = ["byte_mlm", "train", "--run-folder", folder, *words]
    kill = json.dumps([moment, number, delay])
    return subprocess.run(
        [sys.executable, "-c", TRAIN, kill, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
    )


def contents(path):
    """What must be equal in two equal runs, by file and by link."""
    kept = {
        str(file.relative_to(path)): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file()
    }
    for name in ("timings.csv", "machine.json", ".lock"):
        del kept[name]
    links = {name: os.readlink(path / name) for name in ("best", "last")}
    events = [name for name in kept if name.startswith("tensorboard")]
    assert len(events) == 1
    del kept[events[0]]
    return {**kept, **links}


def kill_and_compare(folder, steps, kills):
    straight = start(folder / "straight", steps)
    assert straight.returncode == 0, straight.stderr
    for number, kill in enumerate(kills):
        killed = start(folder / "killed", steps, *kill)
        assert killed.returncode == -signal.SIGKILL, (kill, killed.stderr)
        if number:
            assert "going on from step" in killed.stdout
    finished = start(folder / "killed", steps)
    assert finished.returncode == 0, finished.stderr
    one, other = contents(folder / "killed"), contents(folder / "straight")
    assert one.keys() == other.keys()
    for name, content in one.items():
        assert content == other[name], name


def test_three_kills_change_nothing(tmp_path):
    kills = [("step", 6, 0.004), ("save", 2, 0.007), ("evaluation", 1, 0.005)]
    kill_and_compare(tmp_path, 12, kills)


@pytest.mark.large
def test_twenty_kills_change_nothing(tmp_path):
    draw = random.Random(0)  # noqa: S311
    kills = [("step", 6, 0.004)]
    kills += [
        (
            draw.choice(["step", "save", "evaluation"]),
            draw.randint(1, 3),
            draw.uniform(0, 0.03),
        )
        for _ in range(19)
    ]
    kill_and_compare(tmp_path, 120, kills)
