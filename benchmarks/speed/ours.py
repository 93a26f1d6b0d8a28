"""Our side, on Keras's backend: TensorFlow, or JAX where that is chosen."""

import math

import keras
import numpy as np

from benchmarks.speed.side import Side
from benchmarks.speed.works import PIXELS_AT_ONCE
from keras_perceiver import from_preset
from keras_perceiver.models import fold_for_inference
from keras_perceiver.training.fused_adamw import FusedAdamW

# Dtype policies by what is compared. Weights for inference are stored as
# they are computed with; training keeps them in float32.
INFERENCE_POLICY = {"float32": "float32", "bfloat16": "bfloat16"}
TRAINING_POLICY = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def inference_model(preset, dtype, **overrides):
    """The model that a forward pass is taken with: folded, as exports are.

    Args:
        preset: its name.
        dtype: `"float32"` or `"bfloat16"`.
        **overrides: numbers that differ from the published ones.
    """
    model = from_preset(preset, dtype=INFERENCE_POLICY[dtype], **overrides)
    return fold_for_inference(model)


def forward(work, dtype, batch, with_xla):
    """Sides of a forward pass.

    Args:
        work: a `Work`.
        dtype: `"float32"` or `"bfloat16"`.
        batch: number of examples.
        with_xla: whether TensorFlow runs it by XLA as well.
    """
    model = inference_model(work.preset, dtype, **work.overrides)
    inputs = work.draw(batch)
    make = _clip if work.is_clip else _whole
    return [
        Side(_name(jit), make(model, work, inputs, jit))
        for jit in _ways(with_xla)
    ]


def train(work, dtype, batch, with_xla):
    """Sides of a training step, as `train_on_batch` takes it.

    Args:
        work: a `Work`.
        dtype: `"float32"` or `"bfloat16"`.
        batch: number of examples.
        with_xla: whether TensorFlow runs it by XLA as well.
    """
    return [_train(work, dtype, batch, jit) for jit in _ways(with_xla)]


def _train(work, dtype, batch, jit):
    model = from_preset(
        work.preset, dtype=TRAINING_POLICY[dtype], **work.overrides
    )
    model.compile(
        FusedAdamW(1e-4, weight_decay=0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=jit,
    )
    inputs = _alone(work.draw(batch))
    shape = (batch, *model.output.shape[1:-1])
    targets = np.random.default_rng(1).integers(work.targets, size=shape)
    return Side(
        _name(jit), lambda: float(model.train_on_batch(inputs, targets))
    )


def _ways(with_xla):
    """Whether XLA is used: as models are run by default, and as well."""
    if keras.backend.backend() == "jax":
        return (True,)
    return (False, True) if with_xla else (False,)


def _name(jit):
    backend = keras.backend.backend()
    return "ours, XLA" if jit and backend == "tensorflow" else "ours"


def _whole(model, work, inputs, jit):
    function = compiled(model, jit)
    given = on_device(_alone(inputs))
    name = "flow" if "flow_scale" in work.settings else "logits"

    def run():
        return {name: fetched(function(given)).shape}

    return run


def _clip(model, work, inputs, jit):
    """Encodes once, and decodes every pixel and sample, chunk by chunk."""
    encode, decode = (compiled(m, jit) for m in (model.encode, model.decode))
    names = [tensor.name for tensor in model.encode.inputs]
    given = on_device({name: inputs[name] for name in names})
    pixels = math.prod(work.settings["video_shape"][:-1])
    chunks = [on_device(chunk) for chunk in _chunks(work, pixels)]

    def run():
        latents = encode(given)
        parts = [decode({"latents": latents, **chunk}) for chunk in chunks]
        outputs = {
            name: np.concatenate([fetched(part[name]) for part in parts], 1)
            for name in ("video", "audio")
        }
        outputs["label"] = fetched(parts[0]["label"])
        return {name: array.shape for name, array in outputs.items()}

    return run


def _chunks(work, pixels):
    """Indices of all pixels and patches of audio, in equal parts."""
    patches = work.settings["num_audio_samples"]
    patches //= work.settings["samples_per_patch"]
    number = math.ceil(pixels / PIXELS_AT_ONCE)
    for part in range(number):
        yield {
            "video_indices": _part(pixels, part, number),
            "audio_indices": _part(patches, part, number),
        }


def _part(count, part, number):
    first, end = (round(i * count / number) for i in (part, part + 1))
    return np.arange(first, end, dtype="int32")[None]


def compiled(model, jit):
    """A compiled function of a model's inputs, without gradients.

    Args:
        model: a Keras model.
        jit: whether TensorFlow compiles it by XLA; JAX always does.
    """
    if keras.backend.backend() != "jax":
        return compiled_function(model, jit)
    weights = [[v.value for v in vs] for vs in _variables(model)]
    call = compiled_function(lambda *given: model.stateless_call(*given)[0])
    return lambda inputs: call(*weights, inputs)


def compiled_function(function, jit=False):
    """A function of tensors, compiled as `compiled` says."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    # That graphs are made for several sizes is no news here.
    tf.get_logger().setLevel("ERROR")
    return tf.function(
        function, jit_compile=jit, autograph=False, reduce_retracing=True
    )


def _variables(model):
    return model.trainable_variables, model.non_trainable_variables


def on_device(inputs):
    """The same as tensors, where the model is."""
    return keras.tree.map_structure(keras.ops.convert_to_tensor, inputs)


def fetched(tensor):
    """A numpy array, once it is computed."""
    return keras.ops.convert_to_numpy(tensor)


def _alone(inputs):
    """Models with one input take it without its name."""
    return next(iter(inputs.values())) if len(inputs) == 1 else inputs
