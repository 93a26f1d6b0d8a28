"""The backend, devices and threads."""

import os
import pathlib

import keras
import tensorflow as tf

from keras_perceiver.doctor.finding import Finding
from keras_perceiver.training.run_folder import machine_record

_NVIDIA_DRIVER = pathlib.Path("/proc/driver/nvidia/version")
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def devices():
    """Yields what computes, and with how many threads."""
    yield _backend()
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


def _backend():
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return Finding("backend", backend)
    return Finding(
        "backend",
        f"{backend}: layers and models alone run on it",
        "KERAS_BACKEND=tensorflow for tasks, training and exports (now "
        f"KERAS_BACKEND={os.environ.get('KERAS_BACKEND', '')})",
    )


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
