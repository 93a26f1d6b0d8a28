"""The matrix products of a model alone, at their true sizes.

What a forward pass cannot be faster than, unless products are saved: for
information. Products larger than attention takes at a time are taken in parts.
"""

import statistics
import time

import numpy as np
from keras import ops

from benchmarks.speed import ours
from keras_perceiver.cost import products
from keras_perceiver.layers import get_attention_memory


def product_seconds(work, dtype, batch, repeats):
    """Seconds of all products of a forward pass.

    Args:
        work: a `Work`.
        dtype: `"float32"` or `"bfloat16"`.
        batch: number of examples.
        repeats: how often each size is taken; the median counts.

    Returns:
        Seconds, and the operations in them.
    """
    seconds = flops = 0
    for product, times in _all(work, batch).items():
        left, right, parts = _operands(product, dtype)
        multiply = ours.compiled_function(ops.matmul)
        ours.fetched(multiply(left, right)[..., :1, :1])
        taken = []
        for _ in range(repeats):
            began = time.perf_counter()
            # To be waited for, with next to nothing to copy.
            ours.fetched(multiply(left, right)[..., :1, :1])
            taken.append(time.perf_counter() - began)
        seconds += parts * times * statistics.median(taken)
        flops += times * product.flops
    return seconds, flops


def _all(work, batch):
    return products(work.preset, batch=batch, **work.overrides)


def _operands(product, dtype):
    """Both sides, and into how many parts the rows are divided."""
    size = 2 if dtype == "bfloat16" else 4
    result = product.number * product.rows * product.columns * size
    parts = max(1, round(result / get_attention_memory()))
    rows = max(1, product.rows // parts)
    rng = np.random.default_rng(0)
    left, right = (
        ops.cast(rng.standard_normal(shape, np.float32), dtype)
        for shape in (
            (product.number, rows, product.inner),
            (product.number, product.inner, product.columns),
        )
    )
    if product.number == 1:
        left, right = left[0], right[0]
    return left, right, product.rows / rows
