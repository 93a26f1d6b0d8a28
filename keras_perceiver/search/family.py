"""Processes that end with the one that started them, however it ends."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

from keras_perceiver.search import guard

GRACE_SECONDS = 10.0
_SECONDS_BETWEEN_LOOKS = 0.05


class Family:
    """A context in which processes are started; none is left after it.

    All are in one process group, which terminals do not interrupt, together
    with a guard that kills the group if this process is killed.
    """

    def __init__(self):
        self._processes = []
        self._guard = None

    def __enter__(self):
        self._guard = subprocess.Popen(
            # Python's own standard library is all that it needs.
            [sys.executable, "-I", "-S", guard.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            process_group=0,
        )
        return self

    def __exit__(self, kind, *rest):
        is_interrupted = kind is not None and issubclass(
            kind, KeyboardInterrupt
        )
        self.end(signal.SIGINT if is_interrupted else signal.SIGTERM)

    def start(self, command, environment, log):
        """Starts a process.

        Args:
            command: a list of words.
            environment: all of its variables.
            log: the file that its output is added to.

        Returns:
            The `subprocess.Popen`.
        """
        with open(log, "ab") as output:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=self._guard.pid,
            )
        self._processes = [one for one in self._processes if one.poll() is None]
        self._processes.append(process)
        return process

    def check_guard(self):
        """Raises `ChildProcessError` if nobody would end the processes."""
        if self._guard.poll() is not None:
            raise ChildProcessError(
                f"Process {self._guard.pid}, which ends the workers if their "
                "supervisor is killed, was killed itself. The same command "
                "goes on with the search."
            )

    def end(self, number, seconds=GRACE_SECONDS):
        """Ends all processes.

        Args:
            number: of the signal that asks them to.
            seconds: that they have; after these they are killed.
        """
        try:
            for process in self._processes:
                process.send_signal(number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and any(
                process.poll() is None for process in self._processes
            ):
                time.sleep(_SECONDS_BETWEEN_LOOKS)
        finally:
            # Also what they have started themselves.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._guard.pid, signal.SIGKILL)
            for process in (*self._processes, self._guard):
                process.wait()
            self._guard.stdin.close()


def last_words(log, offset=0):
    """Returns the error that a process ended with, as far as it told it.

    Args:
        log: the file with its output.
        offset: where that begins in it.
    """
    content = pathlib.Path(log).read_bytes()[offset:]
    lines = content.decode(errors="replace").splitlines()
    lines = [line.rstrip() for line in lines if line.strip()]
    for start in reversed(range(len(lines))):
        if lines[start].startswith("error: "):
            lines[start] = lines[start].removeprefix("error: ")
            return "\n".join(lines[start:])
        if lines[start].startswith("Traceback "):
            # The frames are indented; the error and what it says are not.
            after = [line for line in lines[start + 1 :] if line[0] != " "]
            return "\n".join(after)
    return lines[-1] if lines else "it did not say why"
