"""Peak memory of a training step: `keras_perceiver.cost` over what is measured.

Twenty shapes, each in a process of its own. Of the peak is subtracted that of
a process which trains the same graph with the smallest numbers: Python,
TensorFlow and the graph itself, which no arithmetic of shapes tells. Memory of
tensors is given back at once (`MALLOC_MMAP_THRESHOLD_`), as glibc would
otherwise keep some of it.
"""

import functools
import json
import os

from benchmarks.memory_cases.process import in_a_process
from keras_perceiver.cost import cost

ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "2"}

_TEXT = {
    "max_length": 512,
    "embedding_dim": 128,
    "num_latents": 128,
    "latent_dim": 256,
    "num_self_attends_per_block": 4,
    "num_cross_attention_heads": 4,
    "qk_channels": 128,
    "v_channels": 256,
    "decoder_qk_channels": 64,
    "decoder_v_channels": 128,
}
_IMAGES = {
    "image_shape": (32, 32, 3),
    "max_resolution": (32, 32),
    "num_bands": 16,
    "num_classes": 100,
    "num_latents": 128,
    "latent_dim": 256,
    "num_blocks": 2,
    "num_self_attends_per_block": 3,
    "num_self_attention_heads": 4,
    "query_dim": 128,
    "decoder_qk_channels": 128,
    "decoder_v_channels": 128,
}
# A preset, the batch, and what differs from the numbers above.
SHAPES = (
    ("language_bytes", 16, {}),
    ("language_bytes", 32, {}),
    ("language_bytes", 16, {"num_latents": 32}),
    ("language_bytes", 16, {"num_latents": 384}),
    ("language_bytes", 16, {"latent_dim": 128, "v_channels": 128}),
    ("language_bytes", 8, {"latent_dim": 1024, "v_channels": 512}),
    ("language_bytes", 16, {"num_self_attends_per_block": 1}),
    ("language_bytes", 16, {"num_self_attends_per_block": 10}),
    ("language_bytes", 16, {"num_blocks": 3}),
    ("language_bytes", 16, {"num_self_attention_heads": 2}),
    ("language_bytes", 16, {"num_self_attention_heads": 16}),
    ("language_bytes", 16, {"qk_channels": 32, "v_channels": 64}),
    ("language_bytes", 8, {"max_length": 1536}),
    ("imagenet_fourier", 32, {}),
    ("imagenet_fourier", 64, {"num_latents": 32}),
    ("imagenet_fourier", 16, {"num_latents": 320}),
    ("imagenet_fourier", 32, {"latent_dim": 512}),
    ("imagenet_fourier", 32, {"num_blocks": 1}),
    ("imagenet_fourier", 16, {"num_self_attends_per_block": 8}),
    ("imagenet_fourier", 8, {"image_shape": (64, 64, 3)}),
)
_NUMBERS = {"language_bytes": _TEXT, "imagenet_fourier": _IMAGES}
# The least of each that shapes may have; how deep a graph is stays.
_SMALLEST = {
    "max_length": 8,
    "embedding_dim": 16,
    "num_latents": 4,
    "latent_dim": 16,
    "num_self_attention_heads": 2,
    "num_cross_attention_heads": 1,
    "qk_channels": 16,
    "v_channels": 16,
    "decoder_qk_channels": 16,
    "decoder_v_channels": 16,
    "image_shape": (4, 4, 3),
    "query_dim": 16,
}


def main():
    """Prints a line for each shape as soon as it is measured."""
    print("MiB by arithmetic / measured = ratio")
    ratios = []
    for preset, batch, changes in SHAPES:
        told, measured = told_and_measured(preset, batch, changes)
        ratios.append(told / measured)
        print(
            f"{told / 2**20:8.1f} /{measured / 2**20:8.1f} = {ratios[-1]:4.2f}"
            f"  {preset} batch {batch} {_in_words(changes)}".rstrip(),
            flush=True,
        )
    print(
        json.dumps(
            {
                "shapes": len(ratios),
                "lowest": round(min(ratios), 3),
                "highest": round(max(ratios), 3),
            }
        )
    )


def told_and_measured(preset, batch, changes):
    """Bytes of a training step at its peak.

    Args:
        preset: its name.
        batch: number of examples.
        changes: what differs from the numbers of this benchmark.

    Returns:
        Bytes by arithmetic, and bytes that a process took.
    """
    numbers = {**_NUMBERS[preset], **changes}
    told = cost(preset, batch=batch, **numbers).peak_training_bytes
    depth = {
        name: numbers[name]
        for name in ("num_blocks", "num_self_attends_per_block")
        if name in numbers
    }
    smallest = {
        name: _SMALLEST.get(name, value)
        for name, value in _NUMBERS[preset].items()
    }
    smallest = {**smallest, **depth}
    base = _peak(preset, 1, json.dumps(smallest))
    base -= cost(preset, batch=1, **smallest).peak_training_bytes
    return told, _peak(preset, batch, json.dumps(numbers)) - base


@functools.cache
def _peak(preset, batch, numbers):
    settings = {
        "preset": preset,
        "batch": batch,
        "overrides": json.loads(numbers),
    }
    os.environ.update(ENVIRONMENT)
    return in_a_process("training_step", "train", settings)["peak"]


def _in_words(changes):
    return " ".join(f"{name}={value}" for name, value in changes.items())
