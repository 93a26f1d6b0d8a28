"""A device for each worker of a machine, told by the environment."""

import itertools
import os
import pathlib
import re

GPU_VARIABLE = "CUDA_VISIBLE_DEVICES"
_NO_GPU = "-1"
# TensorFlow takes all memory of a GPU unless it is told to.
_SHARING = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
_THREADS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
)


def find_gpus(environment=os.environ, device_files="/dev"):
    """Returns the names of the GPUs that this process may use.

    TensorFlow is not asked: it would take memory of each.

    Args:
        environment: the variables; `CUDA_VISIBLE_DEVICES` narrows them down.
        device_files: the folder in which NVIDIA's driver lists them.
    """
    visible = environment.get(GPU_VARIABLE)
    if visible is not None:
        names = (name.strip() for name in visible.split(","))
        # CUDA takes those before the first that is none.
        return list(itertools.takewhile(_is_gpu, names))
    files = pathlib.Path(device_files).glob("nvidia*")
    count = sum(bool(re.fullmatch(r"nvidia\d+", one.name)) for one in files)
    return [str(index) for index in range(count)]


def _is_gpu(name):
    return name not in ("", _NO_GPU)


def of_worker(number, workers, gpus, environment=os.environ):
    """Returns the variables that give a worker its device.

    Args:
        number: of the worker on this machine.
        workers: how many there are.
        gpus: names of GPUs; without any, workers share the CPU's cores.
        environment: the variables; what they say of threads stays.
    """
    if gpus:
        sharing = _SHARING if workers > len(gpus) else {}
        return {GPU_VARIABLE: gpus[number % len(gpus)], **sharing}
    if workers == 1:
        return {}
    threads = max(1, len(os.sched_getaffinity(0)) // workers)
    return {name: str(threads) for name in _THREADS if name not in environment}


def of_chief():
    """Returns the variables that keep the chief from the workers' GPUs."""
    return {GPU_VARIABLE: _NO_GPU}
