"""Who trains together, from the command line, TF_CONFIG and SLURM."""

import json
import re

import pytest

from keras_perceiver.training.cluster import expand_hosts
from keras_perceiver.training.cluster import find_cluster

SLURM = {
    "SLURM_PROCID": "3",
    "SLURM_JOB_ID": "7",
    "SLURM_STEP_NODELIST": "n[9-10],gpu1",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2),1",
    "SLURM_NODEID": "1",
    "SLURM_LOCALID": "1",
}


def tf_config(kind="worker", index=0, **cluster):
    config = {"cluster": cluster, "task": {"type": kind, "index": index}}
    return {"TF_CONFIG": json.dumps(config)}


def test_workers_come_from_the_command_line():
    cluster = find_cluster("a:1, b:2", 1, environment=SLURM)
    assert cluster.workers == ("a:1", "b:2")
    assert cluster.index == 1
    assert cluster.others == [0]
    assert cluster.host_and_port == ("b", 2)
    assert cluster.name(0) == "worker 0 (a:1, the chief)"


def test_this_machine_finds_itself():
    # By the standard, the first is an address of no machine.
    assert find_cluster("198.51.100.1:5000,127.0.0.1:5000").index == 1


@pytest.mark.parametrize(
    ("workers", "words"),
    [
        ("127.0.0.1:1,127.0.0.1:2", "Several of them are this machine"),
        ("198.51.100.1:1,203.0.113.1:1", "None of them is this machine"),
    ],
)
def test_without_an_index_one_must_be_this_machine(workers, words):
    with pytest.raises(ValueError, match=words) as error:
        find_cluster(workers)
    assert "--worker-index N, from 0 to 1" in str(error.value)


def test_tf_config_counts_its_chief_as_the_first():
    chief = tf_config("chief", 0, chief=["c:1"], worker=["a:1", "b:1"])
    last = tf_config("worker", 1, chief=["c:1"], worker=["a:1", "b:1"])
    assert find_cluster(environment=chief).index == 0
    cluster = find_cluster(environment=last)
    assert cluster.workers == ("c:1", "a:1", "b:1")
    assert cluster.index == 2
    alone = tf_config("worker", 1, worker=["a:1", "b:1"])
    assert find_cluster(environment=alone).index == 1


def test_slurm_keeps_the_order_of_its_nodes():
    cluster = find_cluster(environment=SLURM)
    assert cluster.workers == (
        "n9:20028", "n9:20029", "n10:20028", "n10:20029", "gpu1:20028"
    )  # fmt: skip
    assert cluster.index == 3


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("a", ["a"]),
        ("a[1-3]", ["a1", "a2", "a3"]),
        ("a[08-10,12]-x,b", ["a08-x", "a09-x", "a10-x", "a12-x", "b"]),
        ("r[1-2]n[1-2]", ["r1n1", "r1n2", "r2n1", "r2n2"]),
    ],
)
def test_slurms_short_lists_are_spelled_out(text, hosts):
    assert expand_hosts(text) == hosts


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"workers": "a:1,b", "worker_index": 0}, "Received: 'b'"),
        ({"workers": "a:1,b:0", "worker_index": 0}, "Received: 'b:0'"),
        ({"workers": "a:1,a:1", "worker_index": 0}, "names a worker twice"),
        ({"workers": "a:1,b:1", "worker_index": 2}, "indices are 0 to 1"),
        ({"workers": "a:1,b:1", "worker_index": -1}, "worker index -1"),
        ({"worker_index": 1}, "--workers, which is missing"),
        ({}, "--workers HOST:PORT,HOST:PORT"),
        ({"environment": {"TF_CONFIG": "{"}}, "Received: {"),
        ({"environment": tf_config(worker=["a:1"], index=1)}, "0 to 0"),
        ({"environment": tf_config(worker=["a:1"], ps=["b:1"])}, "parameter"),
        (
            {"environment": tf_config("evaluator", worker=["a:1"])},
            "this task is a evaluator",
        ),
        (
            {"environment": tf_config("chief", 1, chief=["a:1"])},
            "worker index 1",
        ),
        ({"environment": {"SLURM_PROCID": "0"}}, "with srun"),
        (
            {"environment": {**SLURM, "SLURM_NODEID": "0"}},
            "--distribution=block",
        ),
        (
            {"environment": {**SLURM, "SLURM_STEP_TASKS_PER_NODE": "two"}},
            "cannot be read: 'two'",
        ),
    ],
)
def test_what_makes_no_sense_is_told(given, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        find_cluster(**{"environment": {}, **given})
