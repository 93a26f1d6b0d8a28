"""One case in a process of its own, and how much memory that took.

Run as a program, this is that process.
"""

import importlib
import json
import os
import resource
import subprocess
import sys
import time

REPEATS = 3
_MODULE = "benchmarks.memory_cases.process"
_PAGE = os.sysconf("SC_PAGE_SIZE")


def in_a_process(who, case, settings, environment=None):
    """Runs a case where nothing else has been run.

    Args:
        who: a module beside this one: `"ours"` or `"transformers"`.
        case: a function of it. It makes a model and its inputs, and returns
            a function without arguments that runs it.
        settings: its keyword arguments.
        environment: variables of the process beside this one's, or None.

    Returns:
        A dictionary of `peak` and `extra`, in bytes, and `seconds`.

    Raises:
        RuntimeError: with what the process said, if it failed.
    """
    ended = subprocess.run(
        [sys.executable, "-m", _MODULE, who, case, json.dumps(settings)],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **(environment or {}),
        },
    )
    if ended.returncode:
        raise RuntimeError(
            f"{who} {case} {settings} ended with {ended.returncode} (-9 where "
            f"memory ran out):\n{ended.stderr[-2000:]}"
        )
    return json.loads(ended.stdout.splitlines()[-1])


def measure(run):
    """Runs a function a few times: bytes, and the seconds of the fastest."""
    before = _resident_bytes()
    run()
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {"peak": peak, "extra": peak - before, "seconds": min(seconds)}


def _resident_bytes():
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[1]) * _PAGE


def main(who, case, settings):
    """Runs a case in this process and prints what it took."""
    module = importlib.import_module(f"benchmarks.memory_cases.{who}")
    run = getattr(module, case)(**json.loads(settings))
    print(json.dumps(measure(run)))


if __name__ == "__main__":
    main(*sys.argv[1:])
