"""Which processes train together, and which of them this one is."""

import dataclasses
import json
import os
import re
import socket

# SLURM gives no ports; jobs that share a machine get different ones.
_SLURM_PORTS = 20_000
_SLURM_JOBS = 5_000


@dataclasses.dataclass(frozen=True)
class Cluster:
    """All processes of one training.

    Attributes:
        workers: `host:port` of each; the first is the chief.
        index: which of them this process is.
        source: where this was said, for messages.
    """

    workers: tuple[str, ...]
    index: int
    source: str

    def __post_init__(self):
        for worker in self.workers:
            host, _, port = worker.rpartition(":")
            if not host or not port.isdigit() or not 0 < int(port) < 65_536:
                raise ValueError(
                    f"{self.source} names workers as host:port, with a port "
                    f"from 1 to 65535. Received: {worker!r}"
                )
        if len(set(self.workers)) < len(self.workers):
            raise ValueError(
                f"{self.source} names a worker twice. Received: "
                f"{', '.join(self.workers)}. Processes on one machine take "
                "different ports."
            )
        if not 0 <= self.index < len(self.workers):
            raise ValueError(
                f"{self.source} names {len(self.workers)} workers, so their "
                f"indices are 0 to {len(self.workers) - 1}. Received: worker "
                f"index {self.index}"
            )

    @property
    def host_and_port(self):
        """Where this process listens."""
        return host_and_port(self.workers[self.index])

    @property
    def others(self):
        """The indices of all other processes."""
        every = range(len(self.workers))
        return [index for index in every if index != self.index]

    def name(self, index):
        """A worker, for people."""
        chief = ", the chief" if index == 0 else ""
        return f"worker {index} ({self.workers[index]}{chief})"


def find_cluster(workers=None, worker_index=None, environment=os.environ):
    """Returns the `Cluster` that this process is a part of.

    Args:
        workers: `"host:port,host:port"`, or None for what the environment
            says: `TF_CONFIG`, or else SLURM's variables.
        worker_index: which of `workers` this process is. None: the one whose
            host is this machine.
        environment: the variables.

    Raises:
        ValueError: if nothing says who trains together, or what is said
            makes no sense.
    """
    if workers:
        names = tuple(word.strip() for word in workers.split(","))
        if worker_index is None:
            worker_index = _index_of_this_machine(names)
        return Cluster(names, worker_index, "--workers")
    if worker_index is not None:
        raise ValueError(
            "--worker-index is an index into --workers, which is missing. "
            f"Received: --worker-index {worker_index}"
        )
    if environment.get("TF_CONFIG"):
        return _from_tf_config(environment["TF_CONFIG"])
    if "SLURM_PROCID" in environment:
        return _from_slurm(environment)
    raise ValueError(
        "Strategy multiworker has to know who trains together. Give every "
        "process --workers HOST:PORT,HOST:PORT (and --worker-index N, its "
        "own place among them, where several are on one machine), or set "
        "TF_CONFIG, or start them with SLURM's srun."
    )


def host_and_port(worker):
    """`"a:1"` becomes `("a", 1)`, `"[::1]:1"` becomes `("::1", 1)`."""
    host, _, port = worker.rpartition(":")
    return host.strip("[]"), int(port)


def _index_of_this_machine(workers):
    here = [
        index
        for index, worker in enumerate(workers)
        if ":" in worker and is_this_machine(worker.rpartition(":")[0])
    ]
    if len(here) != 1:
        found = "Several of them are" if here else "None of them is"
        raise ValueError(
            f"Which of --workers this process is cannot be told. {found} this "
            f"machine ({socket.gethostname()}). Add --worker-index N, from 0 "
            f"to {len(workers) - 1}. Received: {', '.join(workers)}"
        )
    return here[0]


def is_this_machine(host):
    """Whether a host's name is this machine's: only its own can be bound."""
    try:
        addresses = socket.getaddrinfo(host.strip("[]"), 0)
    except OSError:
        return False
    for family, _, _, _, address in addresses:
        with socket.socket(family) as one:
            try:
                one.bind((address[0], 0, *address[2:]))
            except OSError:
                continue
            return True
    return False


def _from_tf_config(text):
    try:
        config = json.loads(text)
        tasks = dict(config["cluster"])
        kind, index = config["task"]["type"], int(config["task"]["index"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(
            'TF_CONFIG takes {"cluster": {"worker": ["HOST:PORT", ...]}, '
            '"task": {"type": "worker", "index": N}}. Received: ' + text
        ) from None
    if "ps" in tasks or kind not in ("chief", "worker"):
        raise ValueError(
            "TF_CONFIG may name tasks of the kinds chief and worker, which "
            "all train alike; there are no parameter servers and no "
            f"evaluators here. Received: {', '.join(tasks)}, and this task "
            f"is a {kind}"
        )
    chiefs = tuple(tasks.get("chief", ()))
    workers = chiefs + tuple(tasks.get("worker", ()))
    if kind == "worker":
        # An index out of range must not become another's.
        index = index + len(chiefs) if index >= 0 else index
    elif index >= len(chiefs):
        index = len(workers)
    return Cluster(workers, index, "TF_CONFIG")


def _from_slurm(environment):
    """Reads SLURM's variables of a step, without SLURM's programs.

    `tf.distribute.cluster_resolver.SlurmClusterResolver` needs nvidia-smi
    and sorts hosts by name, so that with n9 and n10 a process takes itself
    for another.
    """
    try:
        index = int(environment["SLURM_PROCID"])
        hosts = expand_hosts(environment["SLURM_STEP_NODELIST"])
        counts = _tasks_per_host(environment["SLURM_STEP_TASKS_PER_NODE"])
    except KeyError as error:
        raise ValueError(
            f"SLURM's {error} is missing: this is no step of a job. Start "
            "every process with srun, or name them with --workers."
        ) from None
    job = int(environment.get("SLURM_JOB_ID", "0"))
    first_port = _SLURM_PORTS + job % _SLURM_JOBS * 4
    places = [
        (node, local)
        for node, count in enumerate(counts)
        for local in range(count)
    ]
    workers = tuple(
        f"{hosts[node]}:{first_port + local}" for node, local in places
    )
    cluster = Cluster(workers, index, "SLURM's environment")
    here = (environment.get("SLURM_NODEID"), environment.get("SLURM_LOCALID"))
    if None not in here and tuple(map(int, here)) != places[index]:
        raise ValueError(
            "SLURM's tasks are not in the order of its nodes: task "
            f"{index} is number {here[1]} of node {here[0]}. Start them with "
            "srun --distribution=block."
        )
    return cluster


def expand_hosts(text):
    """`"a[1-2,07],b"` becomes `["a1", "a2", "a07", "b"]`."""
    hosts = []
    for part in re.findall(r"(?:[^,\[\]]|\[[^\]]*\])+", text):
        hosts += _expand_host(part)
    if not hosts or "" in hosts:
        raise ValueError(f"SLURM's list of nodes cannot be read: {text!r}")
    return hosts


def _expand_host(text):
    before, bracket, rest = text.partition("[")
    if not bracket:
        return [text]
    ranges, _, after = rest.partition("]")
    hosts = []
    for numbers in ranges.split(","):
        first, _, last = numbers.partition("-")
        for number in range(int(first), int(last or first) + 1):
            for end in _expand_host(after):
                hosts.append(f"{before}{number:0{len(first)}d}{end}")
    return hosts


def _tasks_per_host(text):
    """`"2(x3),1"` becomes `[2, 2, 2, 1]`."""
    counts = []
    for part in text.split(","):
        found = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part)
        if not found:
            raise ValueError(f"SLURM's tasks per node cannot be read: {text!r}")
        counts += [int(found[1])] * int(found[2] or 1)
    return counts
