"""Bytes of activations: `keras_perceiver.cost` over what JAX's compiler plans.

The plan is XLA's, for the device that JAX finds; nothing is run, and weights
have no values. In training the program gives the norms of gradients and not
the gradients, since the compiler would hold activations in their place.
"""

import os
import subprocess
import sys

import keras

from keras_perceiver import from_preset
from keras_perceiver.cost import cost

# On CPUs XLA makes tensors earlier than needed by default, to compute several
# at a time. The flag asks for the plan that takes the least memory.
ENVIRONMENT = {
    "KERAS_BACKEND": "jax",
    "XLA_FLAGS": "--xla_cpu_enable_concurrency_optimized_scheduler=false",
}

# A preset, the batch, and what differs from the published numbers.
SMALL = (
    (
        "language_bytes",
        16,
        {
            "max_length": 256,
            "embedding_dim": 64,
            "num_latents": 32,
            "latent_dim": 128,
            "num_self_attends_per_block": 2,
            "qk_channels": 32,
            "v_channels": 128,
            "decoder_qk_channels": 32,
            "decoder_v_channels": 64,
        },
    ),
    (
        "optical_flow",
        2,
        {
            "image_shape": (32, 48, 3),
            "num_latents": 64,
            "latent_dim": 64,
            "num_self_attends_per_block": 2,
        },
    ),
    (
        "kinetics_autoencoder",
        2,
        {
            "video_shape": (4, 32, 32, 3),
            "num_audio_samples": 480,
            "num_latents": 64,
            "latent_dim": 128,
            "num_self_attends_per_block": 2,
            "num_video_outputs": 1024,
            "num_audio_outputs": 30,
        },
    ),
    ("starcraft_transformer", 4, {"num_self_attends": 1}),
)
# Published widths and lengths; more layers take the compiler minutes, and are
# as large as these.
_TWO_LAYERS = {"num_self_attends_per_block": 2}
WIDE = (
    ("language_bytes", 1, _TWO_LAYERS),
    ("language_sentencepiece", 1, _TWO_LAYERS),
    ("bert_bytes", 1, {"num_self_attends": 2}),
    ("imagenet_fourier", 1, {**_TWO_LAYERS, "num_blocks": 2}),
    ("imagenet_learned", 1, {**_TWO_LAYERS, "num_blocks": 2}),
    ("imagenet_conv", 1, {**_TWO_LAYERS, "num_blocks": 2}),
    ("imagenet_perceiver", 1, {**_TWO_LAYERS, "num_blocks": 8}),
    ("modelnet40_perceiver", 1, _TWO_LAYERS),
    ("audioset_raw", 1, _TWO_LAYERS),
    ("optical_flow", 1, _TWO_LAYERS),
    ("optical_flow_conv", 1, _TWO_LAYERS),
    ("starcraft_entities", 1, {}),
)


def main():
    """Prints every ratio, from a process on the JAX backend."""
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import keras_perceiver\n"
            "from benchmarks import activation_bytes as a\n"
            "a.show()",
        ],
        check=True,
        env={**os.environ, **ENVIRONMENT},
    )


def show(cases=SMALL + WIDE):
    """Prints a line for each case as soon as it is measured."""
    print("MiB by arithmetic / by XLA's plan = ratio")
    print(f"{'preset':<24} {'batch':>5} {'inference':>24} {'training':>24}")
    for name, batch, overrides in cases:
        columns = [f"{name:<24} {batch:>5}"]
        for training in (False, True):
            told, planned = told_and_planned(name, batch, overrides, training)
            columns.append(
                f"{told / 2**20:9.1f} /{planned / 2**20:8.1f} "
                f"={told / planned:5.2f}"
            )
        print(*columns, flush=True)


def told_and_planned(name, batch, overrides, training):
    """Bytes of activations by arithmetic, and by JAX's compiler.

    Args:
        name: a preset.
        batch: number of examples.
        overrides: what `cost` takes.
        training: whether a backward pass follows.
    """
    import jax

    told = cost(name, batch=batch, **overrides)
    with without_values():
        model, lengths = model_and_lengths(name, overrides)
        program, arguments = forward_pass(model, batch, lengths, training)
        if training:
            program = _gradient_norms(program)
        compiled = jax.jit(program).lower(*arguments).compile()
    plan = compiled.memory_analysis()
    return (
        told.training_bytes if training else told.inference_bytes,
        plan.temp_size_in_bytes + plan.output_size_in_bytes,
    )


def without_values():
    """Models made in here have weights with shapes alone."""
    return keras.StatelessScope(initialize_variables=False)


def model_and_lengths(name, overrides):
    """A model, and the lengths of those of its inputs whose length is free.

    Args:
        name: a preset.
        overrides: what `cost` takes.
    """
    overrides = dict(overrides)
    lengths = {
        f"{modality}_indices": overrides.pop(f"num_{modality}_outputs")
        for modality in ("video", "audio")
        if f"num_{modality}_outputs" in overrides
    }
    return from_preset(name, **overrides), lengths


def forward_pass(model, batch, lengths, training=False):
    """A function for JAX, and arguments that have shapes alone.

    Args:
        model: a functional model.
        batch: number of examples.
        lengths: the free lengths of inputs, by name.
        training: whether layers are told that they are trained.
    """
    import jax

    def shaped(tensor, shape):
        return jax.ShapeDtypeStruct(tuple(shape), tensor.dtype)

    def given(tensor):
        free = lengths.get(tensor.name)
        sizes = (free if size is None else size for size in tensor.shape[1:])
        return shaped(tensor, (batch, *sizes))

    def outputs(weights, others, inputs):
        answer, _ = model.stateless_call(
            weights, others, inputs, training=training
        )
        return answer

    return outputs, (
        [shaped(v, v.shape) for v in model.trainable_variables],
        [shaped(v, v.shape) for v in model.non_trainable_variables],
        jax.tree.map(given, model.input),
    )


def _gradient_norms(program):
    import jax

    def loss(*arguments):
        outputs = jax.tree.leaves(program(*arguments))
        return sum((x.astype("float32") ** 2).sum() for x in outputs)

    def norms(*arguments):
        return [(g * g).sum() for g in jax.grad(loss)(*arguments)]

    return norms
