"""A server for tests: the small one, or a real one that is running.

With `REST=http://HOST:8501` and `GRPC=HOST:8500` in the environment the real
one is asked. It has to serve the same exports under the same names.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys

from keras_perceiver.serving import alone

ROOT = pathlib.Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class RunningServer:
    """Where it listens, and its process if it is the small one."""

    rest: str
    grpc: str
    process: subprocess.Popen | None = None


@contextlib.contextmanager
def running_server(folders):
    """Serves the newest version in each folder, by the models' names."""
    if "REST" in os.environ:
        yield RunningServer(os.environ["REST"], os.environ["GRPC"])
        return
    models = [f"{name}={folder}" for name, folder in folders.items()]
    with subprocess.Popen(
        [
            sys.executable,
            alone.__file__,
            "tests.serving.run_mini_server",
            *models,
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            ports = json.loads(process.stdout.readline())
            yield RunningServer(
                f"http://127.0.0.1:{ports['rest']}",
                f"127.0.0.1:{ports['grpc']}",
                process,
            )
        finally:
            # It ends with its standard input.
            process.stdin.close()
            process.wait(30)
