"""One device, two devices and two processes train alike."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

from tests.training import spread_cases

ROOT = pathlib.Path(__file__).parents[2]
# TensorFlow misses a worker's heartbeat after 10 s.
SECONDS_UNTIL_MISSED = 30


def started(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.training.spread_cases", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "."},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_ports(count):
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(count)
        ]
        return [server.getsockname()[1] for server in servers]


@pytest.fixture(scope="module")
def two_devices(tmp_path_factory):
    path = tmp_path_factory.mktemp("devices") / "results.json"
    process = started("devices", str(path))
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    path = tmp_path_factory.mktemp("workers") / "results.json"
    workers = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
    along = started("worker", "1", workers, str(path))
    chief = started("worker", "0", workers, str(path))
    try:
        output, _ = chief.communicate()
        assert chief.returncode == 0, output
    finally:
        along.kill()
        chief.kill()
        other, _ = along.communicate()
    assert along.returncode == -signal.SIGKILL, other
    return {**json.loads(path.read_text()), "workers": workers.split(",")}


@pytest.fixture(scope="module")
def one_device():
    """A function from a case to what it is on one device, in one go."""
    results = {}

    def one_device(name):
        if name not in results:
            results[name] = spread_cases.run(name, **without_a_graph(name))
        return results[name]

    return one_device


def without_a_graph(name):
    """Options: tracing a graph of the bytes' model would take most of all."""
    return {"run_eagerly": name.startswith("bytes")}


def assert_alike(found, expected):
    for part in ("history", "weights"):
        assert found[part].keys() == expected[part].keys()
        scale = max(np.abs(value).max() for value in expected[part].values())
        for key, values in expected[part].items():
            np.testing.assert_allclose(
                found[part][key], values, rtol=0, atol=1e-5 * scale, err_msg=key
            )


def spread_over(kind):
    return [
        name for name, case in spread_cases.CASES.items() if kind in case[2]
    ]


@pytest.mark.parametrize("name", spread_over("devices"))
def test_two_devices_train_as_one(name, two_devices, one_device):
    assert two_devices["replicas"] == 2
    assert_alike(two_devices["cases"][name], one_device(name))


@pytest.mark.parametrize("name", spread_over("worker"))
def test_two_processes_train_as_one(name, two_workers, one_device):
    assert two_workers["replicas"] == 2
    assert_alike(two_workers["cases"][name], one_device(name))


def test_both_processes_predict_every_row_in_order(two_devices, two_workers):
    for case in (
        *two_devices["cases"].values(),
        *two_workers["cases"].values(),
    ):
        for found, wanted in zip(
            case["predicted"], case["called"], strict=True
        ):
            assert len(wanted) == spread_cases.HELD_OUT
            np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["bytes in parts", "outputs in parts"])
def test_a_batch_in_parts_is_the_whole_batch(name, one_device):
    found = spread_cases.run(name, accumulate=4, **without_a_graph(name))
    assert_alike(found, one_device(name))


@pytest.mark.parametrize("name", spread_cases.CASES)
def test_the_cases_learn(name, one_device):
    """Otherwise they would agree on doing nothing."""
    losses = one_device(name)["history"]["loss"]
    assert losses[1] < losses[0] - 0.01


def test_a_lost_worker_is_named_soon(two_workers):
    lost = two_workers["lost"]
    assert f"Lost worker 1 ({two_workers['workers'][1]})" in lost["message"]
    assert "Start all workers again" in lost["message"]
    assert lost["after"] < SECONDS_UNTIL_MISSED


def test_workers_begin_as_the_chief_says(two_workers):
    # One worker alone was asked to stop.
    expected = {"bias": 2 * 5, "agreeing": 2, "stop": True}
    assert two_workers["followed"] == expected
