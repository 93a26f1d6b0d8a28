"""The command line: `python -m benchmarks NAME`."""

import sys

# First of all, since it loads Keras and TensorFlow without their chatter.
import keras_perceiver as keras_perceiver
from benchmarks import activation_bytes
from benchmarks import bfloat16
from benchmarks import determinism
from benchmarks import flow_pairs
from benchmarks import folding
from benchmarks import image_pipeline
from benchmarks import imports
from benchmarks import input_pipeline
from benchmarks import memory
from benchmarks import peak_memory
from benchmarks import precision
from benchmarks import saving
from benchmarks import scaling
from benchmarks import serving
from benchmarks import single_products
from benchmarks import speed
from benchmarks import video_pipeline
from benchmarks import video_preparation

# Those that take options of their own.
WITH_OPTIONS = ("bfloat16", "folding", "speed")
BENCHMARKS = {
    "activation_bytes": activation_bytes,
    "bfloat16": bfloat16,
    "determinism": determinism,
    "flow_pairs": flow_pairs,
    "folding": folding,
    "image_pipeline": image_pipeline,
    "imports": imports,
    "input_pipeline": input_pipeline,
    "memory": memory,
    "peak_memory": peak_memory,
    "precision": precision,
    "saving": saving,
    "scaling": scaling,
    "serving": serving,
    "single_products": single_products,
    "speed": speed,
    "video_pipeline": video_pipeline,
    "video_preparation": video_preparation,
}


def main(arguments):
    """Runs the named benchmark; returns the exit code."""
    name, *options = arguments or [""]
    if name not in BENCHMARKS or (options and name not in WITH_OPTIONS):
        print("usage: python -m benchmarks NAME, one of:")
        for name, module in BENCHMARKS.items():
            print(f"  {name:<18} {module.__doc__.splitlines()[0]}")
        return 2
    BENCHMARKS[name].main(*([options] if name in WITH_OPTIONS else []))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
