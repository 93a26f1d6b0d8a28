"""tensorflow-io with its native libraries, or what is missing for them."""

import importlib
import os
import re
import warnings

import tensorflow as tf

_TENSORFLOW = "2.16"
_CURE = (
    "pip install 'tensorflow==2.16.2' 'tensorflow-io==0.37.1', in an "
    "environment of its own; or leave the decoder at 'av'."
)
_FFMPEG = (
    "Install FFmpeg 4 (on Ubuntu 22.04: apt-get install libavformat58 "
    "libswscale5), or name its folder in LD_LIBRARY_PATH; or leave the "
    "decoder at 'av'."
)


def be_quiet():
    """Drops what is written to standard error from now on.

    FFmpeg and tensorflow-io write lines for every damaged packet.
    """
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)


def load():
    """Returns `tensorflow_io` with its native libraries loaded.

    Raises:
        ImportError: with what cures it, if they cannot be.
    """
    if not tf.__version__.startswith(f"{_TENSORFLOW}."):
        raise ImportError(
            "The decoder 'tensorflow-io' needs TensorFlow "
            f"{_TENSORFLOW}: no other loads its native library. Here is "
            f"TensorFlow {tf.__version__}. {_CURE}"
        )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            module = importlib.import_module("tensorflow_io")
        except ImportError as error:
            raise ImportError(
                f"tensorflow-io is not installed ({error}). {_CURE}"
            ) from error
        try:
            # What looks for FFmpeg's libraries, and loads them.
            importlib.import_module("tensorflow_io.python.ops.ffmpeg_ops")
        except NotImplementedError as error:
            reasons = " ".join(str(warning.message) for warning in told)
            missing = re.findall(r"lib\w+\.so\.5\d?: [^']*", reasons)
            reason = missing[0] if missing else error
            raise ImportError(
                "The decoder 'tensorflow-io' finds no libraries of FFmpeg 4, "
                f"and takes no newer ones. {_FFMPEG} It says: {reason}"
            ) from error
    return module
