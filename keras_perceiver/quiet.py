"""TensorFlow without its start-up chatter."""

import contextlib
import functools
import os
import re
import sys
import tempfile
import threading

# Informational lines of TensorFlow's C++ side: it writes them before any of
# its own settings count.
_CHATTER = re.compile(
    rb"I\d{4} |WARNING: All log messages before absl::InitializeLog|"
    # Where there is no GPU, looking for one is no error.
    rb"E\d{4} .*failed call to cuInit|"
    rb"\d{4}-\d\d-\d\d [\d:.]+: E .*Unable to register cu\w+ factory|"
    rb"To enable the following instructions:|\d{4}-\d\d-\d\d [\d:.]+: I "
)
# A graph that answers a bad request with an error: who asked is told so.
_ABORTED = re.compile(
    rb"(W\d{4} |\d{4}-\d\d-\d\d [\d:.]+: W ).*local_rendezvous\.cc:\d+\] "
    rb"Local rendezvous is aborting with status"
)
# How that error goes on, if it is longer than a line.
_CONTINUED = re.compile(
    rb"[ \t]|\d+ (successful operations|derived errors ignored)\."
)
# Two at a time would give back each other's standard error.
_ONE_AT_A_TIME = threading.RLock()


@contextlib.contextmanager
def quiet_start():
    """Keeps start-up chatter from standard error while libraries load.

    Every other line is shown once the block is over. If the block raises,
    all of them are.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if sys.stderr is None:  # Closed, so that nobody reads it.
        yield
        return
    with _ONE_AT_A_TIME, tempfile.TemporaryFile() as held_back:
        sys.stderr.flush()
        real = os.dup(2)
        os.dup2(held_back.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
            held_back.seek(0)
            for line in held_back if failed else _news(held_back):
                os.write(2, line)


@functools.cache
def find_devices():
    """Makes a first tensor, for which TensorFlow looks for devices, once.

    It says so where there is no GPU.
    """
    with quiet_start():
        import keras

        keras.ops.zeros(())


def _news(lines):
    """The lines that are no chatter."""
    aborted = False
    for line in lines:
        goes_on = aborted and _CONTINUED.match(line)
        aborted = bool(goes_on or _ABORTED.match(line))
        if not aborted and not _CHATTER.match(line):
            yield line
