"""Workers find each other before TensorFlow waits for them."""

import concurrent.futures
import contextlib
import socket
import types

import pytest
import tensorflow as tf

from keras_perceiver.training.cluster import Cluster
from keras_perceiver.training.rendezvous import LostWorkerError
from keras_perceiver.training.rendezvous import naming_lost_workers
from keras_perceiver.training.rendezvous import wait_for_workers

# Nobody waits for it; a busy machine takes its time.
LONG = 60


@pytest.fixture
def workers():
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(3)
        ]
        ports = [server.getsockname()[1] for server in servers]
    return tuple(f"127.0.0.1:{port}" for port in ports)


def meet(*clusters, agreed=None):
    """Lets all wait for each other; returns their errors."""
    agreed = agreed or [""] * len(clusters)
    with concurrent.futures.ThreadPoolExecutor() as threads:
        waiting = [
            threads.submit(wait_for_workers, cluster, seconds=LONG, agreed=text)
            for cluster, text in zip(clusters, agreed, strict=True)
        ]
        return [future.exception() for future in waiting]


def test_workers_meet(workers):
    clusters = [Cluster(workers, index, "--workers") for index in range(3)]
    assert meet(*clusters) == [None, None, None]


def test_a_worker_that_does_not_come_is_named(workers):
    with pytest.raises(TimeoutError) as error:
        wait_for_workers(Cluster(workers[:2], 0, "--workers"), seconds=0.3)
    assert f"No answer from worker 1 ({workers[1]})" in str(error.value)
    assert f"This is worker 0 ({workers[0]}, the chief)" in str(error.value)


def test_two_of_one_index_are_told(workers):
    """As on two machines whose names lead to each other."""
    _, port = workers[0].split(":")
    elsewhere = (f"localhost:{port}", workers[1])
    one = Cluster(elsewhere, 1, "--workers")
    with (
        pretending_to_be(1, at=workers[0], workers=elsewhere),
        pytest.raises(ValueError, match="themselves for worker 1"),
    ):
        wait_for_workers(one, seconds=LONG)


@contextlib.contextmanager
def pretending_to_be(index, at, workers):
    from keras_perceiver.training import rendezvous

    other = Cluster(workers, index, "--workers")
    place = types.SimpleNamespace(host_and_port=("", int(at.split(":")[1])))
    greeting = rendezvous._Greeting(other, "")
    with rendezvous._answering(place, greeting):
        yield


def test_other_lists_and_other_settings_are_told(workers):
    two = workers[:2]
    errors = meet(Cluster(two, 0, "a"), Cluster(workers, 1, "b"))
    assert "need the same list" in str(errors[0])
    errors = meet(
        Cluster(two, 0, "a"), Cluster(two, 1, "b"), agreed=["steps 5", "6"]
    )
    for error in errors:
        assert "was started with other settings" in str(error)


def test_a_taken_port_is_told(workers):
    port = int(workers[0].split(":")[1])
    cluster = Cluster(workers[:2], 0, "--workers")
    with (
        socket.create_server(("", port)),
        pytest.raises(ValueError, match=f"Port {port} of this machine"),
    ):
        wait_for_workers(cluster, seconds=LONG)


def strategy(index):
    cluster = tf.train.ClusterSpec({"worker": ["a:1", "b:2", "c:3"]})
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        cluster, task_type="worker", task_id=index
    )
    return types.SimpleNamespace(cluster_resolver=resolver)


# What TensorFlow 2.21 said when a worker was killed or stood still.
KILLED = (
    "Collective ops is aborted by: Error reported from /job:worker/task:1: "
    "The following tasks are unhealthy (stopped sending heartbeats):\n"
    "/job:worker/replica:0/task:2\nThe tasks have crashed."
)
CLOSED = (
    "Collective ops is aborted by: recvmsg:Connection reset by peer\n"
    "Additional GRPC error information from remote target "
    "/job:worker/replica:0/task:2 while calling CompleteInstance:"
)
NO_CHIEF = (
    "Collective ops is aborted by: Deadline Exceeded\n\n"
    "RPC: /tensorflow.CoordinationService/Heartbeat"
)


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        (KILLED, "Lost worker 2 (c:3)"),
        (CLOSED, "Lost worker 2 (c:3)"),
        (NO_CHIEF, "Lost worker 0 (a:1, the chief)"),
    ],
)
def test_a_lost_worker_is_named(message, lost):
    with (
        pytest.raises(LostWorkerError) as error,
        naming_lost_workers(strategy(1)),
    ):
        raise tf.errors.UnavailableError(None, None, message)
    assert str(error.value).startswith(lost)


@pytest.mark.parametrize("index", [None, 0])
def test_other_errors_stay_as_they_are(index):
    of_all = tf.distribute.get_strategy() if index is None else strategy(index)
    with (
        pytest.raises(tf.errors.UnavailableError),
        naming_lost_workers(of_all),
    ):
        raise tf.errors.UnavailableError(None, None, "the disk is gone")
