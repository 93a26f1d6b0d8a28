"""How long an export takes to answer, by the number of rows.

Runs as a program too: it prints, as JSON, the seconds of each run.
"""

import json
import pathlib
import sys
import time

import numpy as np

from keras_perceiver.quiet import quiet_start
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.beside_graph.batching import FEWEST_ROWS
from keras_perceiver.serving.runtime import library
from keras_perceiver.serving.runtime.saved_model import SavedModel

LARGEST_BATCH = 32
# A batch that takes longer makes others wait too long.
LONGEST_SECONDS = 1.0
# Twice the rows have to bring this many times as many rows a second.
LEAST_GAIN = 1.1
SECONDS_OF_EACH = 0.05
FEWEST_RUNS = 3
MOST_RUNS = 100


def measure(ask, request, batch_sizes=None):
    """Times requests of growing size while larger ones answer more.

    Args:
        ask: answers a request.
        request: an array for each input, by name, of any number of rows.
        batch_sizes: which sizes to time. Defaults to 1, 2, 4, 8, and on up
            to the first that does not answer more rows a second; slow models
            stop before.

    Returns:
        The seconds of each run, a list by the number of rows.
    """
    found = {}
    most = 0.0
    for size in batch_sizes or _doubling():
        times = _times(ask, examples.of_size(request, size))
        rate = size / min(times)
        gains = rate >= LEAST_GAIN * most
        if batch_sizes is None and size > FEWEST_ROWS and not gains:
            break
        most = max(rate, most)
        found[size] = times
        if batch_sizes is None and min(times) > LONGEST_SECONDS / 2:
            break
    return found


def _doubling():
    size = 1
    while size <= LARGEST_BATCH:
        yield size
        size *= 2


def _times(ask, request):
    ask(request)  # The first of a shape takes longer.
    times = []
    began = time.perf_counter()
    while len(times) < MOST_RUNS:
        start = time.perf_counter()
        ask(request)
        times.append(time.perf_counter() - start)
        enough = time.perf_counter() - began > SECONDS_OF_EACH
        # Of slow ones a single run tells enough.
        if enough and (len(times) >= FEWEST_RUNS or times[-1] > 1.0):
            break
    return times


def table(times):
    """Returns the lines of a table of percentiles, in milliseconds.

    Args:
        times: what `measure` returned.
    """
    lines = ["rows   p50 ms   p95 ms   p99 ms     rows/s"]
    for size, seconds in times.items():
        p50, p95, p99 = np.percentile(seconds, [50, 95, 99])
        lines.append(
            f"{size:4} {1e3 * p50:8.1f} {1e3 * p95:8.1f} {1e3 * p99:8.1f} "
            f"{size / p50:10.1f}"
        )
    return lines


def main(path):
    """Prints the times of an export's raw requests."""
    path = pathlib.Path(path)
    with quiet_start():
        model = SavedModel(path)
    request = examples.good_rows(*examples.read_example(path))
    times = measure(lambda rows: model.run("serving_default", rows), request)
    print(json.dumps(times))


if __name__ == "__main__":
    library.disable_xla()
    main(*sys.argv[1:])
