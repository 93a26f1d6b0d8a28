"""Waiting for all workers, and saying which one was lost."""

import contextlib
import json
import re
import socket
import threading
import time

import tensorflow as tf

from keras_perceiver.training.cluster import host_and_port
from keras_perceiver.training.preemption import RESTART_CODE

WAIT_SECONDS = 300
SECONDS_BETWEEN_LINES = 30
_TRY_SECONDS = 1.0
_GREETING = "keras_perceiver worker "
_LONGEST_GREETING = 100_000
# How TensorFlow names the worker that stopped answering.
_LOST = (
    r"unhealthy[^:]*:\s*\S*?/task:(\d+)",
    r"remote target \S*?/task:(\d+)",
    r"reported from \S*?/task:(\d+)",
    r"/task:(\d+)",
)


def wait_for_workers(cluster, *, seconds=WAIT_SECONDS, agreed=""):
    """Returns once every other worker has answered.

    TensorFlow itself would wait an hour, and not say for whom. Every worker
    says who it takes itself for, so that mistakes are told, not met later.

    Args:
        cluster: a `Cluster`.
        seconds: how long to wait at most.
        agreed: a text that must be the same for all, such as settings.

    Raises:
        ValueError: if this port is taken, or a worker has other settings,
            another list of workers or another index than it should have.
        TimeoutError: if a worker does not answer.
    """
    greeting = _Greeting(cluster, agreed)
    # To be found by them too, or this one could leave before they look.
    greeting.unseen = set(cluster.others)
    missing = set(cluster.others)
    began = said = time.monotonic()
    with _answering(cluster, greeting):
        while missing or greeting.unseen:
            for index in sorted(missing):
                if _has_answered(cluster.workers[index], index, greeting):
                    missing.remove(index)
            greeting.raise_mistake()
            now = time.monotonic()
            waiting = sorted(missing | greeting.unseen)
            names = ", ".join(cluster.name(index) for index in waiting)
            if waiting and now - began > seconds:
                raise TimeoutError(
                    f"No answer from {names} in {seconds:g} s. Start it, and "
                    "see that its name resolves here and its port is open. "
                    f"This is {cluster.name(cluster.index)}."
                )
            if waiting and now - said > SECONDS_BETWEEN_LINES:
                said = now
                print(f"waiting for {names} ...", flush=True)
            if waiting:
                time.sleep(0.1)


class _Greeting:
    """What workers tell each other, and what does not agree in it."""

    def __init__(self, cluster, agreed):
        self.cluster = cluster
        self.agreed = agreed
        self.mistake = None
        self.unseen = set()

    def line(self):
        content = {
            "index": self.cluster.index,
            "workers": self.cluster.workers,
            "agreed": self.agreed,
        }
        return (_GREETING + json.dumps(content) + "\n").encode()

    def read(self, connection, expected=None):
        """Checks another's line; TensorFlow's servers send none."""
        text = ""
        with contextlib.suppress(OSError, ValueError):
            text = _read_line(connection)
        if not text.startswith(_GREETING):
            # If this asked TensorFlow's server, its worker is ahead.
            self.unseen.discard(expected)
            return
        with contextlib.suppress(ValueError, KeyError, TypeError):
            other = json.loads(text.removeprefix(_GREETING))
            self._check(other, expected)
            if expected is None:
                self.unseen.discard(other["index"])

    def raise_mistake(self):
        if self.mistake:
            raise ValueError(self.mistake)

    def _check(self, other, expected):
        index = int(other["index"])
        if tuple(other["workers"]) != self.cluster.workers:
            self.mistake = (
                "All workers need the same list in the same order. Here: "
                f"{', '.join(self.cluster.workers)}; another has: "
                f"{', '.join(map(str, other['workers']))}."
            )
        elif index == self.cluster.index or expected not in (None, index):
            self.mistake = (
                f"Two processes take themselves for worker {index} "
                f"({self.cluster.workers[index]}). Give each its own "
                "--worker-index, counted from 0 as in the list of workers."
            )
        elif other["agreed"] != self.agreed:
            self.mistake = (
                f"{self.cluster.name(index)} was started with other settings. "
                "Start all workers with the same command."
            )


def _read_line(connection):
    connection.settimeout(_TRY_SECONDS)
    received = b""
    while not received.endswith(b"\n") and len(received) < _LONGEST_GREETING:
        chunk = connection.recv(4096)
        if not chunk:
            break
        received += chunk
    return received.decode()


def _has_answered(worker, index, greeting):
    try:
        address = host_and_port(worker)
        with socket.create_connection(address, _TRY_SECONDS) as connection:
            connection.sendall(greeting.line())
            greeting.read(connection, index)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _answering(cluster, greeting):
    """Answers whoever asks at this worker's port."""
    _, port = cluster.host_and_port
    try:
        # As TensorFlow's server will: on every address of this machine.
        server = socket.create_server(("", port))
    except OSError as error:
        raise ValueError(
            f"Port {port} of this machine is taken ({error.strerror}). Is "
            "another run using it? Name another port in the list of workers."
        ) from None
    done = threading.Event()

    def answer():
        while not done.is_set():
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.sendall(greeting.line())
                    greeting.read(connection)

    server.settimeout(0.2)
    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        server.close()


class LostWorkerError(ConnectionError):
    """Another worker is gone; the run goes on once all are started."""

    exit_code = RESTART_CODE


@contextlib.contextmanager
def naming_lost_workers(strategy):
    """Turns TensorFlow's error about a worker that is gone into one line.

    Args:
        strategy: any `tf.distribute.Strategy`; those of one process have no
            other to lose.

    Raises:
        LostWorkerError: in place of TensorFlow's error; it names the worker.
    """
    try:
        yield
    except tf.errors.OpError as error:
        lost = _lost_worker(strategy, str(error))
        if lost is None:
            raise
        raise LostWorkerError(
            f"Lost {lost}: it stopped answering. Its own output says why. "
            "Start all workers again: the run goes on from its last "
            "checkpoint."
        ) from error


def _lost_worker(strategy, message):
    resolver = getattr(strategy, "cluster_resolver", None)
    if not resolver or "Collective ops is aborted" not in message:
        return None
    workers = resolver.cluster_spec().as_dict().get("worker", [])
    if "CoordinationService" in message and resolver.task_id:
        # The chief's service, which the others tell that they live.
        return f"worker 0 ({workers[0]}, the chief)"
    for pattern in _LOST:
        for found in re.findall(pattern, message):
            index = int(found)
            if index != resolver.task_id and index < len(workers):
                return f"worker {index} ({workers[index]})"
    return None
