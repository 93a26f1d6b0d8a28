"""What this installation has, lacks and can do: `keras-perceiver doctor`."""

import itertools
import posixpath

_PROGRAMS = ("keras-perceiver", "keras_perceiver")


def is_asked(words):
    """Whether a process is the doctor.

    Args:
        words: what it was started with, as in `sys.orig_argv`: an installed
            `keras-perceiver doctor`, or `python -m keras_perceiver doctor`.
    """
    return any(
        posixpath.basename(program) in _PROGRAMS and command == "doctor"
        for program, command in itertools.pairwise(words)
    )
