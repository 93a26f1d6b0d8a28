"""Devices, threads, memory and disks."""

import os
import pathlib
import shutil
import tempfile

import tensorflow as tf

from keras_perceiver.doctor.finding import Finding
from keras_perceiver.host_memory import host_memory
from keras_perceiver.training.run_folder import machine_record

_GB = 10**9
# Below these, the `tiny` configurations may end for lack of it.
_LITTLE_MEMORY = 2 * _GB
_LITTLE_DISK = 1 * _GB
_CGROUP_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)
_NVIDIA_DRIVER = pathlib.Path("/proc/driver/nvidia/version")
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def devices():
    """Yields what computes, and with how many threads."""
    machine = machine_record()
    yield Finding(
        "processors", f"{machine['cpus']} usable, {machine['processor']}"
    )
    yield gpus(machine["gpus"], _NVIDIA_DRIVER.exists())
    tpus = tf.config.list_physical_devices("TPU")
    if tpus:
        yield Finding("tpus", str(len(tpus)))
    yield _threads()


def gpus(names, has_driver):
    """Says which GPUs TensorFlow uses.

    Args:
        names: of those that it lists.
        has_driver: whether the machine has NVIDIA's driver.
    """
    if names:
        return Finding("gpus", ", ".join(map(str, names)))
    if has_driver:
        return Finding(
            "gpus",
            "TensorFlow sees none, and NVIDIA's driver is there",
            "pip install 'keras-perceiver[gpu]', and leave "
            "CUDA_VISIBLE_DEVICES unset",
        )
    return Finding("gpus", "none")


def memory():
    """Yields how much memory there is, and how much of it is free."""
    total, available = host_memory()
    if total is not None:
        total = min([total, *_limits()])
        yield free_memory(total, min(total, available))


def free_memory(total, free):
    """Says whether memory is enough; both in bytes."""
    words = f"{_gigabytes(free)} free of {_gigabytes(total)}"
    if free >= _LITTLE_MEMORY:
        return Finding("memory", words)
    cure = (
        "end other programs, or train smaller: --training.batch-size, "
        "--training.accumulate"
    )
    return Finding("memory", words, cure)


def disks():
    """Yields the space where runs and exports go, and temporary files."""
    yield disk("working folder", pathlib.Path.cwd(), "another folder")
    temporary = pathlib.Path(tempfile.gettempdir())
    yield disk("temporary folder", temporary, "TMPDIR=FOLDER on another disk")


def disk(name, folder, other):
    """Says whether a folder can be written to, and how much.

    Args:
        name: what it is called.
        folder: its path.
        other: what to use instead.
    """
    free = shutil.disk_usage(folder).free
    words = f"{folder}, {_gigabytes(free)} free"
    if not os.access(folder, os.W_OK):
        words = f"{folder} cannot be written to"
        return Finding(name, words, f"use {other}", is_problem=True)
    if free < _LITTLE_DISK:
        return Finding(name, words, f"make room, or use {other}")
    return Finding(name, words)


def _limits():
    """What a container may use at most, in bytes."""
    for file in map(pathlib.Path, _CGROUP_LIMITS):
        text = file.read_text().strip() if file.exists() else ""
        if text.isdigit():
            yield int(text)


def _threads():
    inside = tf.config.threading.get_intra_op_parallelism_threads()
    between = tf.config.threading.get_inter_op_parallelism_threads()
    words = ", ".join(
        f"{count or 'as many as processors'} {what}"
        for count, what in (
            (inside, "inside an operation"),
            (between, "between operations"),
        )
    )
    given = [
        f"{name}={os.environ[name]}"
        for name in _THREAD_VARIABLES
        if name in os.environ
    ]
    return Finding("threads", "; ".join([words, *given]))


def _gigabytes(count):
    return f"{count / _GB:,.1f} GB"
