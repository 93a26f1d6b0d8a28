"""Two devices on one machine, for a process of its own.

They are made before TensorFlow computes anything.
"""

import json
import os
import pathlib
import subprocess
import sys

import tensorflow as tf

_BEFORE = "from tests.training import two_devices\ntwo_devices.make()\n"


def make():
    """Divides the processor into two devices."""
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )


def run(program, *arguments):
    """Returns what a Python program with two devices prints last, as JSON."""
    process = subprocess.run(
        [sys.executable, "-c", _BEFORE + program, *arguments],
        cwd=pathlib.Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])
