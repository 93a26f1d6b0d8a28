"""What `import keras_perceiver` adds to `import keras`, in seconds."""

import statistics
import subprocess
import sys

REPEATS = 5
_TIMED = (
    "import time; import keras; began = time.perf_counter(); "
    "import keras_perceiver; print(time.perf_counter() - began)"
)


def main():
    """Prints the median of several fresh processes."""
    seconds = []
    for _ in range(REPEATS):
        finished = subprocess.run(
            [sys.executable, "-c", _TIMED],
            check=True,
            capture_output=True,
            text=True,
        )
        seconds.append(float(finished.stdout))
    print(
        f"import keras_perceiver adds {statistics.median(seconds):.3f} s to "
        f"import keras (median of {REPEATS}, worst {max(seconds):.3f} s)"
    )
