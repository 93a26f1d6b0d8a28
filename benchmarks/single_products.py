"""Single matrix products of TensorFlow and PyTorch, on one core.

The linear layers of the published models, each with weights enough that they
come from memory, as in a model. Processor seconds; all ways take turns.
"""

import statistics
import sys
import time

import numpy as np

from benchmarks import one_core

DTYPES = ("float32", "bfloat16")
# Rows, and channels in and out: of the latents of a language model, their
# queries and keys, its inputs' values, and the latents of an image model.
SIZES = (
    (256, 1280, 1280),
    (256, 1280, 256),
    (2048, 768, 1280),
    (512, 1024, 1024),
)
MATRICES = 20
ROUNDS = 15


def main():
    """Prints the operations in a second, by size, dtype and way."""
    one_core.run(__name__)


def _work(core):
    one_core.stay_on(core)
    header = None
    for dtype in DTYPES:
        for size in SIZES:
            rates = measured(size, dtype, MATRICES, ROUNDS)
            if header is None:
                header = ["rows, in, out", "dtype", *rates]
                print("| " + " | ".join(header) + " |")
                print("| --- | --- |" + " ---: |" * len(rates))
            numbers = " | ".join(f"{rate:.0f}" for rate in rates.values())
            sizes = " x ".join(map(str, size))
            print(f"| {sizes} | {dtype} | {numbers} |")


def measured(size, dtype, matrices, rounds):
    """Billions of operations in a second of the processor's time.

    Args:
        size: rows, channels in, channels out.
        dtype: `"float32"` or `"bfloat16"`.
        matrices: how many weights are multiplied with in turn.
        rounds: how often each way is taken; the median counts.

    Returns:
        A dictionary by way of taking the products.
    """
    rows, inner, outer = size
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((rows, inner), np.float32)
    kernels = rng.standard_normal((matrices, inner, outer), np.float32)
    ways = {
        **_tensorflow(inputs, kernels, dtype),
        **_pytorch(inputs, kernels, dtype),
    }
    taken = {name: [] for name in ways}
    for number in range(rounds + 2):
        for name, run in ways.items():
            began = time.process_time()
            run()
            if number > 1:  # The first ones warm up.
                taken[name].append(time.process_time() - began)
    operations = 2 * matrices * rows * inner * outer
    return {
        name: operations / statistics.median(seconds) / 1e9
        for name, seconds in taken.items()
    }


def _tensorflow(inputs, kernels, dtype):
    import tensorflow as tf

    x = tf.cast(inputs, dtype)
    variables = [tf.Variable(tf.cast(kernel, dtype)) for kernel in kernels]
    constants = [variable.numpy() for variable in variables]
    zeros = np.zeros(kernels.shape[-1], constants[0].dtype)
    bias = tf.Variable(zeros)

    def way(product, weights):
        function = tf.function(
            # What nothing reads would not be computed.
            lambda x: tf.add_n([product(x, w)[:1, :1] for w in weights]),
            autograph=False,
        )
        return lambda: function(x)

    def with_constant_bias(x, kernel):
        return tf.nn.bias_add(tf.matmul(x, tf.constant(kernel)), zeros)

    return {
        "TensorFlow": way(tf.matmul, variables),
        "with bias": way(
            lambda x, w: tf.nn.bias_add(tf.matmul(x, w), bias), variables
        ),
        "by outputs, with bias": way(
            lambda x, w: tf.nn.bias_add(
                tf.matmul(x, w, transpose_b=True), bias
            ),
            [tf.Variable(tf.transpose(weight)) for weight in variables],
        ),
        "with bias, constants": way(with_constant_bias, constants),
    }


def _pytorch(inputs, kernels, dtype):
    import torch

    torch.set_num_threads(1)
    dtype = getattr(torch, dtype)
    x = torch.from_numpy(inputs).to(dtype)
    # As `torch.nn.Linear` stores them.
    weights = [
        torch.from_numpy(kernel.T.copy()).to(dtype) for kernel in kernels
    ]
    bias = torch.zeros(kernels.shape[-1], dtype=dtype)

    def run():
        with torch.inference_mode():
            for weight in weights:
                torch.nn.functional.linear(x, weight, bias)

    return {"PyTorch with bias": run}


if __name__ == "__main__":
    _work(sys.argv[1])
