"""Work in a process that may use one core alone, and what a GPU would take."""

import os
import subprocess
import sys

# Dense bfloat16 of one H100 SXM, and the share of it that training reaches:
# an assumption, and a high one.
PEAK_FLOPS = 989e12
UTILISATION = 0.4
# A training step is a forward pass and a backward one, twice its cost.
PASSES = 3


def run(module):
    """Runs `python -m MODULE CORE` and prints what it prints.

    Args:
        module: the name of one that keeps to a core before TensorFlow starts
            its threads.
    """
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
