"""Which of a search's processes this one is, as the environment says."""

import dataclasses
import os
import pathlib
import signal
import socket

# KerasTuner's own.
TUNER_VARIABLE = "KERASTUNER_TUNER_ID"
HOST_VARIABLE = "KERASTUNER_ORACLE_IP"
PORT_VARIABLE = "KERASTUNER_ORACLE_PORT"
# The folder of the search whose supervisor started this process.
FOLDER_VARIABLE = "KERAS_PERCEIVER_SEARCH_FOLDER"
# Says to a process that was started again how the one before it ended.
DIED_VARIABLE = "KERAS_PERCEIVER_WORKER_DIED"
# Tells the chief whom its machine starts beside it.
WORKERS_VARIABLE = "KERAS_PERCEIVER_SEARCH_WORKERS"
CHIEF = "chief"
ALONE = "alone"
# A trial that ends its process as often is not tried again.
MOST_DEATHS = 2


@dataclasses.dataclass(frozen=True)
class Role:
    """One process of a search.

    Attributes:
        name: `chief`, `worker-0`, ..., or `alone` where there is no chief.
        environment: the variables that tell it so.
    """

    name: str
    environment: dict

    @property
    def is_chief(self):
        """Whether it proposes trials and trains none."""
        return self.name == CHIEF


def roles_here(address, workers):
    """Returns the `Role` of each process on this machine, the chief first.

    Args:
        address: the chief's `ChiefAddress`; None if a worker is alone.
        workers: how many train on this machine.
    """
    if address is None:
        return [Role(ALONE, {})]
    at = {HOST_VARIABLE: address.host, PORT_VARIABLE: str(address.port)}
    names = [worker_id(n, address.is_shared) for n in range(workers)]
    found = [Role(name, {TUNER_VARIABLE: name, **at}) for name in names]
    if address.is_here:
        told = {TUNER_VARIABLE: CHIEF, WORKERS_VARIABLE: ",".join(names)}
        found.insert(0, Role(CHIEF, {**told, **at}))
    return found


def worker_id(number, is_shared):
    """Returns the name of a worker, which no other machine's worker has.

    Args:
        number: of the worker on this machine.
        is_shared: whether several machines search together.
    """
    if not is_shared:
        return f"worker-{number}"
    # KerasTuner takes whoever has "chief" in its name for the chief.
    host = socket.gethostname().replace(CHIEF, "chf")
    return f"worker-{host}-{number}"


def is_child(environment=os.environ):
    """Whether a supervisor has started this process."""
    return FOLDER_VARIABLE in environment


def is_chief(environment=os.environ):
    """Whether this process proposes trials to others."""
    return environment.get(TUNER_VARIABLE) == CHIEF


def expected_workers(environment=os.environ):
    """Returns the names of the workers that a chief may not leave alone."""
    names = environment.get(WORKERS_VARIABLE, "")
    if was_restarted(environment):
        # Some may have ended before it began.
        return []
    return [name for name in names.split(",") if name]


def was_restarted(environment=os.environ):
    """Whether this process takes the place of one that died."""
    return DIED_VARIABLE in environment


def check_folder(folder, environment=os.environ):
    """Checks that a search is the one that its supervisor watches.

    Args:
        folder: of the search.
        environment: the variables.

    Raises:
        ValueError: if a supervisor started this process for another folder.
    """
    watched = environment.get(FOLDER_VARIABLE)
    if watched and pathlib.Path(watched) != pathlib.Path(folder).absolute():
        raise ValueError(
            f"The workers were started for a search in {watched}, and this "
            f"one is in {folder}. Give both the same folder, and each search "
            "workers of its own."
        )


def death_in_words(code):
    """Returns how a process ended that should not have, for people.

    Args:
        code: as `subprocess.Popen.returncode` has it.
    """
    if code >= 0:
        return f"ended with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if -code == signal.SIGKILL:
        return f"killed by {name}, as a machine does that is out of memory"
    return f"killed by {name}"
