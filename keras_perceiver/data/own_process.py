"""A process for one file, with limits of time and memory.

A file from strangers may make a decoder crash, hang or fill the memory; here
it takes a process with it and nothing else.
"""

import contextlib
import json
import multiprocessing
import resource
import time

_PAGE_BYTES = resource.getpagesize()
_MOST_SAID = 2**20
_CONTEXT = multiprocessing.get_context("forkserver")
_PRELOADED = []


class FileError(ValueError):
    """Why a file gives nothing, in words that follow what it is called."""


def preload(*modules):
    """Names modules that are loaded once, before the first process starts.

    What is forked from there starts at once.
    """
    _PRELOADED.extend(modules)
    _CONTEXT.set_forkserver_preload([*_PRELOADED, "__main__"])


class Child:
    """What another process says, if it does within its time.

    Args:
        process: the process.
        receiver: where its words arrive.
        limits: `max_waiting_seconds` of them; only the time that is waited
            for it counts.
        error: the `FileError` that is raised where it does not.
    """

    def __init__(self, process, receiver, limits, error):
        self._process = process
        self._receiver = receiver
        self._limits = limits
        self._error = error
        self._seconds_left = limits.max_waiting_seconds

    def hear(self, max_bytes=_MOST_SAID):
        """Returns what it says in JSON.

        No pickle: a decoder that was taken over must not reach us.

        Args:
            max_bytes: of what it says.

        Raises:
            FileError: if it takes too long or crashed.
        """
        try:
            return json.loads(self.receive(max_bytes))
        # What is nested too deeply, too.
        except (ValueError, RecursionError) as error:
            if isinstance(error, FileError):
                raise
            raise self._crashed() from None

    def receive(self, max_bytes):
        """Returns the bytes of one message.

        Raises:
            FileError: if it takes too long or crashed.
        """
        began = time.monotonic()
        if not self._receiver.poll(max(self._seconds_left, 0)):
            seconds = self._limits.max_waiting_seconds
            raise self._error(
                f"was not read within {seconds:g} s. Raise max_waiting_seconds."
            )
        try:
            content = self._receiver.recv_bytes(max_bytes)
        except (EOFError, OSError):
            raise self._crashed() from None
        self._seconds_left -= time.monotonic() - began
        return content

    def _crashed(self):
        self._process.join(1)
        return self._error(
            f"made the decoder crash (exit code {self._process.exitcode})."
        )


@contextlib.contextmanager
def started(target, limits, error, *arguments):
    """Yields the `Child` that runs a function; it ends with the block.

    Args:
        target: called with a sender of messages and the arguments.
        limits: `max_waiting_seconds` of them; the function calls
            `limit_memory` itself.
        error: the `FileError` that is raised where it crashes.
        *arguments: pickled on their way to it.
    """
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(
        target=target, args=(sender, *arguments), daemon=True
    )
    try:
        process.start()
        sender.close()
        yield Child(process, receiver, limits, error)
    finally:
        receiver.close()
        if process.pid is not None:
            process.kill()
            process.join()
            process.close()


def say(sender, words):
    """Says, in a child, what its parent hears."""
    sender.send_bytes(json.dumps(words).encode())


def limit_memory(num_bytes):
    """Limits what this process takes on top of what it has."""
    with open("/proc/self/statm") as numbers:
        taken = int(numbers.read().split()[0]) * _PAGE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (taken + num_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def fault(error, limits):
    """Returns in words why a file gives nothing; None if it is not its fault.

    Args:
        error: what was raised in a child.
        limits: `max_memory_bytes` of them.
    """
    if isinstance(error, FileError):
        return str(error)
    # Libraries load parts of themselves late.
    if isinstance(error, MemoryError | ImportError):
        return (
            f"takes more than {limits.max_memory_bytes / 2**20:,.0f} MiB of "
            "memory. Raise max_memory_bytes."
        )
    return None
