"""The folder of one training run: what was run, where, and what came out."""

import csv
import json
import os
import pathlib
import platform

from keras_perceiver import files
from keras_perceiver.training.checkpoints import Checkpoints

# Wall-clock lives in a file of its own, so that metrics of two equal runs
# are equal files.
METRICS_FILE = "metrics.csv"
TIMINGS_FILE = "timings.csv"


class RunFolder:
    """Paths and records of one run.

    Args:
        path: the folder. Nothing is written until `create`.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.configuration_file = self.path / "configuration.json"
        self.machine_file = self.path / "machine.json"
        self.data_file = self.path / "data.json"
        self.baselines_file = self.path / "baselines.json"
        self.learning_curve_file = self.path / "learning_curve.png"
        self.tensorboard = self.path / "tensorboard"
        self.samples = self.path / "samples"
        self.results_file = self.path / "results.json"
        self.start_file = self.path / "start.json"
        self.lock_file = self.path / ".lock"
        self.checkpoints = Checkpoints(self.path)
        self.best = self.checkpoints.best_link
        self.last = self.checkpoints.last_link

    def check_new(self):
        """Raises unless a new run can be written here."""
        # A run that was killed at once leaves a lock and no configuration.
        is_killed = self.is_ours() and not self.is_run()
        if (
            self.path.exists()
            and not is_killed
            and (not self.path.is_dir() or any(self.path.iterdir()))
        ):
            raise FileExistsError(
                f"{self.path} exists already. Go on with it: --resume; begin "
                "anew and delete it: --overwrite; or choose another: "
                "--run-folder FOLDER."
            )
        self.check_writable()

    def is_run(self):
        """Whether a run was begun here."""
        return self.configuration_file.is_file()

    def is_ours(self):
        """Whether a run was at least about to begin here."""
        return self.is_run() or self.lock_file.is_file()

    def is_finished(self, steps):
        """Whether a run of so many steps has come to its end here."""
        newest = self.checkpoints.newest_step()
        return self.results_file.is_file() and newest >= steps

    def check_finished_part(self):
        """Raises unless a run was begun here."""
        if not self.is_run():
            raise FileNotFoundError(
                f"{self.path} holds no run. Train first, or name the folder "
                "of a run: --run-folder FOLDER."
            )

    def check_writable(self):
        """Raises unless files can be written here, as far as one can tell."""
        existing = self.path.absolute()
        while not existing.exists():
            existing = existing.parent
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            raise PermissionError(
                f"{self.path} cannot be written: no permission for "
                f"{existing}. Choose another: --run-folder FOLDER."
            )

    def claim(self, lock, overwrite):
        """Empties the folder for a new run, when nobody else can begin here.

        Args:
            lock: the run's `RunLock`; taken, unless it is already.
            overwrite: whether a run that is here may be deleted.

        Raises:
            OSError: if somebody else was faster.
        """
        if not lock.is_taken:
            if overwrite:
                self.clear()
            else:
                self.check_new()
            self.path.mkdir(parents=True, exist_ok=True)
            lock.take()
            if not overwrite:
                self.check_new()
        self.clear()

    def clear(self):
        """Deletes a run that was made here, and nothing else.

        The lock stays: who holds it goes on holding it.

        Raises:
            ValueError: if the folder is not empty and holds no run.
        """
        if not self.path.exists():
            return
        if not self.is_ours() and any(self.path.iterdir()):
            raise ValueError(
                f"{self.path} is not empty and holds no run, so --overwrite "
                "leaves it alone. Choose another: --run-folder FOLDER."
            )
        # First, since it is what makes the folder a run.
        self.configuration_file.unlink(missing_ok=True)
        files.empty(self.path, keep=self.lock_file)

    def create(self, configuration, machine, data):
        """Makes the folder and writes what is known before training."""
        self.samples.mkdir(parents=True, exist_ok=True)
        files.write_json(self.machine_file, machine)
        files.write_json(self.data_file, data)
        # Last, since it is what makes the folder a run.
        files.write_json(self.configuration_file, configuration)

    def read_configuration(self):
        return json.loads(self.configuration_file.read_text())

    def write_sample(self, step, sample):
        """Writes what a model answers at a step.

        Args:
            step: the step.
            sample: a text, or the bytes of a PNG.
        """
        path = self.samples / f"step_{step:07d}"
        if isinstance(sample, bytes):
            path.with_suffix(".png").write_bytes(sample)
        else:
            path.with_suffix(".txt").write_text(sample, encoding="utf-8")

    def append(self, name, row):
        """Adds a row to a CSV file, which stays whole if this is cut off."""
        self._write_rows(name, [*self.read_rows(name), row])

    def read_rows(self, name):
        """Returns the rows of a CSV file; numbers come back as floats."""
        path = self.path / name
        if not path.exists():
            return []
        with path.open(newline="") as lines:
            return [
                {key: float(value) for key, value in row.items() if value}
                for row in csv.DictReader(lines)
            ]

    def forget_after(self, step):
        """Drops what is of steps that a resumed run will take again."""
        for name in (METRICS_FILE, TIMINGS_FILE):
            rows = [row for row in self.read_rows(name) if row["step"] <= step]
            if rows:
                self._write_rows(name, rows)
            else:
                (self.path / name).unlink(missing_ok=True)
        for path in self.samples.glob("step_*.*"):
            if int(path.stem.removeprefix("step_")) > step:
                path.unlink()
        self.learning_curve_file.unlink(missing_ok=True)
        self.results_file.unlink(missing_ok=True)
        # What was being written when the run was killed.
        for path in self.path.glob(".*"):
            if path != self.lock_file:
                path.unlink()

    def _write_rows(self, name, rows):
        columns = list(dict.fromkeys(key for row in rows for key in row))
        whole = [{**row, "step": int(row["step"])} for row in rows]
        files.write_csv(
            self.path / name,
            columns,
            [[row.get(column, "") for column in columns] for row in whole],
        )


def machine_record():
    """Returns versions and hardware, for `machine.json`."""
    import keras
    import numpy
    import tensorflow as tf

    import keras_perceiver

    return {
        "keras_perceiver": keras_perceiver.__version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": numpy.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cpus": len(os.sched_getaffinity(0)),
        "gpus": [
            tf.config.experimental.get_device_details(gpu).get("device_name")
            for gpu in tf.config.list_physical_devices("GPU")
        ],
    }


def _processor():
    information = pathlib.Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
