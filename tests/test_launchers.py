"""Launchers do as they say, with programs in the place of a cluster's."""

import os
import pathlib
import shlex
import subprocess

import pytest
import yaml

from keras_perceiver.training.cluster import find_cluster
from tests.docs.test_commands import read_recipe

ROOT = pathlib.Path(__file__).parents[1]
LAUNCHERS = ROOT / "launchers"
# Notes how it was called, and ends with the next of the codes in its file.
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
code=$(head -n 1 "$CODES")
sed -i 1d "$CODES"
exit "${code:-0}"
"""


@pytest.fixture
def launched(tmp_path):
    """Runs a launcher; returns its exit code and the commands that it ran."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("python", "srun", "scontrol", "sleep"):
        (programs / name).write_text(PROGRAM)
        (programs / name).chmod(0o755)

    def launch(*words, codes=(), **variables):
        (tmp_path / "codes").write_text("".join(f"{one}\n" for one in codes))
        ended = subprocess.run(
            words,
            cwd=ROOT,
            env={
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                "CALLS": str(tmp_path / "calls"),
                "CODES": str(tmp_path / "codes"),
                **variables,
            },
            check=False,
            capture_output=True,
            text=True,
        )
        assert ended.stderr == ""
        called = (tmp_path / "calls").read_text().splitlines()
        return ended.returncode, called

    return launch


def assert_trains(call):
    """Checks that `python -m recipes ...` can be read as it stands."""
    words = shlex.split(call)
    assert words[:3] == ["python", "-m", "recipes"]
    read_recipe(words[3:])


def test_two_machines_start_again_until_the_run_ends(launched):
    workers = "alpha:12345,beta:12345"
    launcher = ("sh", "launchers/two_machines.sh", workers, "byte_mlm")
    code, called = launched(*launcher, "--config", "base", codes=(75, 0, 0))
    assert code == 0
    first, slept, second = called
    assert first == second
    assert slept == "sleep 5"
    assert f"--strategy multiworker --workers {workers} --config base" in first
    assert_trains(first)


def test_two_machines_end_with_an_error(launched):
    launcher = ("sh", "launchers/two_machines.sh", "a:1,b:1", "byte_mlm")
    code, called = launched(*launcher, codes=(1,))
    assert (code, len(called)) == (1, 1)


@pytest.mark.parametrize("code", [0, 1, 75])
def test_slurm_is_asked_for_more_time_where_the_run_was_stopped(launched, code):
    ended, called = launched(
        "bash", "launchers/slurm.sbatch", codes=(code,), SLURM_JOB_ID="42"
    )
    assert ended == code
    assert_trains(called[0][called[0].index("python") :])
    assert called[1:] == (["scontrol requeue 42"] if code == 75 else [])


def test_a_tpu_is_the_local_one_unless_named(launched):
    code, called = launched("sh", "launchers/tpu_vm.sh", "--training.seed", "3")
    assert code == 0
    assert called[0].endswith("--strategy tpu --training.seed 3")
    assert_trains(called[0])


def test_pods_know_each_other():
    service, job = yaml.safe_load_all(
        (LAUNCHERS / "kubernetes.yaml").read_text()
    )
    pods = job["spec"]["template"]["spec"]
    name = service["metadata"]["name"]
    assert pods["subdomain"] == name
    assert (
        service["spec"]["selector"].items()
        <= job["spec"]["template"]["metadata"]["labels"].items()
    )
    [container] = pods["containers"]
    [port] = [one["containerPort"] for one in container["ports"]]
    [program] = container["args"]
    export, train = program.split("exec ")
    assert_trains(train.replace("\\\n", " "))
    for index in range(job["spec"]["completions"]):
        said = subprocess.run(
            [*container["command"], export + 'echo "$TF_CONFIG"'],
            env={"JOB_COMPLETION_INDEX": str(index)},
            check=True,
            capture_output=True,
            text=True,
        )
        cluster = find_cluster(environment={"TF_CONFIG": said.stdout})
        assert cluster.index == index
        assert cluster.workers == tuple(
            f"{job['metadata']['name']}-{pod}.{name}:{port}"
            for pod in range(job["spec"]["completions"])
        )
