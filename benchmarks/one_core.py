"""What benchmarks of one processor core share."""

import os
import subprocess
import sys
import time

TIMED_SECONDS = 10


def run(module):
    """Runs `python -m MODULE CORE` without a GPU and prints what it prints."""
    core = min(os.sched_getaffinity(0))
    finished = subprocess.run(
        [sys.executable, "-m", module, str(core)],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
    )
    print(finished.stdout, end="")
    if finished.returncode:
        raise SystemExit(finished.stderr)


def stay_on(core):
    """Keeps the process there; before TensorFlow starts its threads."""
    os.sched_setaffinity(0, [int(core)])

    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)


def rate(make, count):
    """Returns how many are made in a second that the core works on them.

    Args:
        make: makes `count` of them.
        count: how many that is.
    """
    make()
    make()
    done, began = 0, time.process_time()
    while time.process_time() - began < TIMED_SECONDS:
        make()
        done += count
    return done / (time.process_time() - began)
