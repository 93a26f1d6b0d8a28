"""How long a shape takes to answer, before it is trained."""

import hashlib
import json
import pathlib
import statistics
import tempfile

from keras_perceiver import files
from keras_perceiver.serving import export as serving_export
from keras_perceiver.serving.alone import run_alone

FILE = "latency.json"


class LatencyCache:
    """Milliseconds of one example by shape, each measured once.

    An untrained model is exported and answers its example request in a
    process of its own, in TensorFlow's C library, as a server would.

    Args:
        folder: of the search; the cache is a file in it.
        build: from arguments to a model.
        make_task: from a model to its raw-in, raw-out task.
    """

    def __init__(self, folder, build, make_task):
        self.path = pathlib.Path(folder) / FILE
        self.build = build
        self.make_task = make_task

    def __call__(self, arguments):
        """Returns the median over many requests of one row."""
        key = _key(arguments)
        # Two measurements at a time would slow each other.
        with files.locked(self.path):
            cached = self._read()
            if key not in cached:
                cached = {**cached, key: self._measure(arguments)}
                files.write_json(self.path, cached)
        return cached[key]["milliseconds"]

    def _read(self):
        if not self.path.exists():
            return {}
        return json.loads(self.path.read_text())

    def _measure(self, arguments):
        task = self.make_task(self.build(**arguments))
        with tempfile.TemporaryDirectory() as base:
            version = serving_export.export(task, base)
            return {
                "milliseconds": median_milliseconds(version),
                "arguments": arguments,
            }


def median_milliseconds(version):
    """Returns the median time of one row of an export.

    Args:
        version: path of the export.
    """
    finished = run_alone(
        "keras_perceiver.serving.beside_graph.latency", version, capture=True
    )
    if finished.returncode:
        raise RuntimeError(f"{version} does not answer:\n{finished.stderr}")
    seconds = json.loads(finished.stdout)["1"]
    return 1e3 * statistics.median(seconds)


def _key(arguments):
    text = json.dumps(arguments, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
