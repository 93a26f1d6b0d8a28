"""Starts the processes of a search, and starts again those that die."""

import contextlib
import os
import pathlib
import shutil
import socket
import time

from keras_perceiver.search import chief_address
from keras_perceiver.search import devices as devices_of_machine
from keras_perceiver.search import roles
from keras_perceiver.search.family import Family
from keras_perceiver.search.family import last_words
from keras_perceiver.search.roles import is_child as is_child
from keras_perceiver.search.trials import TrialLog
from keras_perceiver.search.view import View
from keras_perceiver.training import preemption
from keras_perceiver.training.run_lock import RunLock

LOGS = "logs"
# With as many deaths and no trial between them, the mistake is no trial's.
MOST_DEATHS_IN_A_ROW = 5
_SECONDS_BETWEEN_LOOKS = 0.1
# What Python ends with after an error, and argparse.
_ERROR_CODES = (1, 2)
# More of an error is in the log.
_LONGEST_ERROR = 2_000


class WorkerFailedError(ChildProcessError):
    """A process of the search ended with an error, which another would too."""


class WorkerDiedError(ChildProcessError):
    """A process dies again and again; the trials so far are whole."""


class LostChiefError(ConnectionError):
    """The chief on another machine is gone; the same command goes on."""

    exit_code = preemption.RESTART_CODE


def supervise(
    command,
    *,
    folder,
    workers=1,
    chief=None,
    devices=None,
    trials=None,
    minutes=None,
):
    """Runs a search in several processes, any of which may die.

    Each runs the same command, which calls `keras_perceiver.search.search`
    and is told by the environment what it is: the chief, which proposes
    trials, or one of the workers, which train them.

    Args:
        command: a list of words, such as `[sys.executable, "my_search.py"]`.
        folder: of the search; its `logs` get what the processes print.
        workers: how many train at a time on this machine. A single one needs
            no chief.
        chief: `HOST:PORT` to search on several machines, the same on all;
            the one that HOST names runs the chief.
        devices: names of the GPUs that workers take in turn, as
            `CUDA_VISIBLE_DEVICES` has them; empty: none. Defaults to all.
        trials: how many the search takes, as far as the table can tell.
        minutes: how long it takes, likewise.

    Returns:
        Whether this machine has the whole search, and reports of it: false
        on those that gave workers to another's chief.

    Raises:
        ValueError: if an argument is wrong, before anything is started.
        BlockingIOError: if another search is at work in the folder.
        WorkerFailedError: if a process ended with an error of its own.
        WorkerDiedError: if one died too often.
        LostChiefError: if the chief is on another machine and gone.
        KeyboardInterrupt: at Ctrl-C.
        PreemptedError: at SIGTERM.
    """
    command = [str(word) for word in command]
    _check(command, workers)
    folder = pathlib.Path(folder).absolute()
    is_alone = workers == 1 and chief is None
    address = None if is_alone else chief_address.choose_address(chief)
    gpus = devices_of_machine.find_gpus() if devices is None else devices
    view = View(folder, trials, minutes)
    with (
        preemption.ending_with_restart_code(),
        contextlib.closing(_lock(address, folder)) as lock,
        view,
        Family() as family,
    ):
        if address and not address.is_here:
            # First of all, since it may be about to empty the folder.
            chief_address.wait_for_chief(address, folder, view.say)
        (folder / LOGS).mkdir(parents=True, exist_ok=True)
        lock.take()
        if address and address.is_here:
            _announce(address, folder, view)
        _Supervisor(
            [
                _Child(role, command, folder, variables, family)
                for role, variables in _with_devices(address, workers, gpus)
            ],
            address,
            folder,
            view,
            family,
        ).run()
    return address is None or address.is_here


def _check(command, workers):
    if workers < 1:
        raise ValueError(
            f"A search has at least one worker. Received: {workers}"
        )
    if not command or not shutil.which(command[0]):
        raise ValueError(
            "The workers' command is a program and its arguments, such as "
            f"python my_search.py. Received: {' '.join(command)!r}"
        )


def _with_devices(address, workers, gpus):
    """Yields roles, each with all variables that its process gets."""
    number = 0
    for role in roles.roles_here(address, workers):
        if role.is_chief:
            device = devices_of_machine.of_chief()
        else:
            device = devices_of_machine.of_worker(number, workers, gpus)
            number += 1
        yield role, {**role.environment, **device}


def _lock(address, folder):
    """One machine has the search, and each of the others its workers."""
    is_whole = address is None or address.is_here
    name = ".lock" if is_whole else f".lock-{socket.gethostname()}"
    return RunLock(folder / name)


def _announce(address, folder, view):
    warning = chief_address.warning_about(address)
    if warning:
        view.say(warning)
    if address.is_shared:
        chief_address.announce(address, folder)


class _Child:
    """The processes that play a role, one after the other.

    Attributes:
        log: the file with what they print.
        is_done: whether the last of them ended as it should.
    """

    def __init__(self, role, command, folder, variables, family):
        self.role = role
        self.command = command
        self.family = family
        self.log = folder / LOGS / f"{role.name}.log"
        self.is_done = False
        self.environment = {
            **os.environ,
            **variables,
            roles.FOLDER_VARIABLE: str(folder),
            # So that the log is what has happened until now.
            "PYTHONUNBUFFERED": "1",
        }
        self._process = None
        self._log_begins = 0
        self._deaths = 0
        self._trials_at_death = 0

    def start(self, died=None):
        """Starts a process; `died` says how the one before it did."""
        environment = dict(self.environment)
        if died:
            environment[roles.DIED_VARIABLE] = died
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        with open(self.log, "a") as log:
            log.write(f"--- {now} {self.role.name} starts\n")
            log.flush()
            self._log_begins = log.tell()
        self._process = self.family.start(self.command, environment, self.log)

    def code(self):
        """How the process has ended, or None."""
        return None if self.is_done else self._process.poll()

    def count_death(self, trials):
        """Returns how often it has died since a trial came through.

        Args:
            trials: how many have until now.
        """
        if trials > self._trials_at_death:
            self._deaths = 0
        self._trials_at_death = trials
        self._deaths += 1
        return self._deaths

    def last_words(self):
        """The error that its process ended with."""
        text = last_words(self.log, self._log_begins)
        return text[-_LONGEST_ERROR:]


class _Supervisor:
    """Looks at all children until the search has ended."""

    def __init__(self, children, address, folder, view, family):
        self.children = children
        self.address = address
        self.folder = folder
        self.view = view
        self.family = family
        self.trial_log = TrialLog(folder)

    def run(self):
        for child in self.children:
            child.start()
        while not self._is_over():
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            self.family.check_guard()
            self.view.update()
            for child in self.children:
                self._look_at(child)

    def _is_over(self):
        others = self.address is not None and self.address.is_shared
        # KerasTuner's chief would wait up to 20 s more. That of several
        # machines has to, since their workers are not seen from here.
        return all(
            child.is_done
            for child in self.children
            if others or not child.role.is_chief
        )

    def _look_at(self, child):
        code = child.code()
        if code is None:
            return
        if code == 0:
            child.is_done = True
        elif code in _ERROR_CODES:
            raise WorkerFailedError(
                f"{child.last_words()}\n({child.role.name} ended with this; "
                f"all that it said is in {child.log})"
            )
        else:
            self._start_again(child, code)

    def _start_again(self, child, code):
        is_stopped = code == preemption.RESTART_CODE
        if is_stopped and self.address and not self.address.is_here:
            self._check_chief()
        died = roles.death_in_words(code)
        deaths = child.count_death(self._num_sound(child.role))
        if deaths >= MOST_DEATHS_IN_A_ROW:
            raise WorkerDiedError(
                f"{child.role.name} died {deaths} times with no trial between "
                f"them: {died}. What it said is in {child.log}. The trials "
                f"until then are in {self.trial_log.path}."
            )
        self.view.say(f"{child.role.name}: {died}; starting it again")
        # A worker that asks to be started again blames no trial.
        child.start(None if is_stopped else died)

    def _check_chief(self):
        if not self.address.answers():
            raise LostChiefError(
                f"Lost the chief at {self.address}: it stopped answering. Its "
                "machine says why. The same command goes on with the search."
            )

    def _num_sound(self, role):
        """How many trials ended without ending their worker."""
        return sum(
            record["state"] != "running"
            and len(record["deaths"]) < roles.MOST_DEATHS
            and (role.is_chief or record["worker"] == role.name)
            for record in self.trial_log.read()
        )
