"""Memory and disks."""

import os
import pathlib
import shutil
import tempfile

from keras_perceiver.doctor.finding import Finding
from keras_perceiver.host_memory import host_memory

_GB = 10**9
# Below these, the `tiny` configurations may end for lack of it.
_LITTLE_MEMORY = 2 * _GB
_LITTLE_DISK = 1 * _GB
_CGROUP_LIMITS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)


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


def _gigabytes(count):
    return f"{count / _GB:,.1f} GB"
