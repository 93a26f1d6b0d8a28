"""Programs in a process of their own, which they may end as they like."""

import re
import signal
import subprocess
import sys

_SECONDS = 300
# Advice may stand below it, as TensorFlow's does.
_ERROR = re.compile(r"[\w.]*(Error|Exception): ")


def run(program):
    """Runs a program in a process of its own.

    Args:
        program: Python.

    Returns:
        What it wrote to standard output, and None if it ended well, or else
        the last error on standard error, or what ended it.
    """
    # It finds what this process finds.
    with_path = f"import sys\nsys.path[:] = {sys.path}\n{program}"
    try:
        ended = subprocess.run(
            [sys.executable, "-c", with_path],
            check=False,
            capture_output=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as late:
        problem = f"it was not loaded after {_SECONDS} seconds"
        return _text(late.stdout or b""), problem
    return _text(ended.stdout), _problem(ended)


def _problem(ended):
    if ended.returncode == 0:
        return None
    lines = _text(ended.stderr).strip().splitlines()
    errors = [line for line in lines if _ERROR.match(line)]
    last = (errors or lines or [""])[-1].removeprefix("ImportError: ")
    if ended.returncode < 0:
        name = signal.Signals(-ended.returncode).name
        words = f"loading it ended the process by {name}"
        return f"{words}: {last}" if last else words
    return last or "no reason"


def _text(written):
    return written.decode(errors="replace")
