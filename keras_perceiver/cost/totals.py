"""Parameters, operations and bytes of a configuration."""

import dataclasses
import inspect
import re
from collections.abc import Mapping

import keras

from keras_perceiver import errors
from keras_perceiver import models
from keras_perceiver.cost import entities
from keras_perceiver.cost import images
from keras_perceiver.cost import language
from keras_perceiver.cost import multimodal
from keras_perceiver.cost import optical_flow
from keras_perceiver.cost import original_perceiver
from keras_perceiver.cost.folded_trace import FoldedTrace
from keras_perceiver.cost.trace import Trace
from keras_perceiver.models.encode_decode import encode
from keras_perceiver.models.fold_plan import CONSTANT_SHARE
from keras_perceiver.models.preset import Preset
from keras_perceiver.models.presets import check_overrides
from keras_perceiver.models.presets import find_preset


@dataclasses.dataclass(frozen=True)
class Part:
    """A share of a model.

    Attributes:
        parameters: trainable numbers.
        flops: operations on one example.
        folded_flops: those that `models.fold_for_inference` leaves.
    """

    parameters: int
    flops: int
    folded_flops: int


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a model costs, from arithmetic alone.

    Operations are counted as in the papers (Perceiver, appendix B; Perceiver
    IO, appendix D): matrix products and convolutions only, a multiply and an
    add as two. Biases, norms, softmax and GELU are left out.

    Bytes are those of activations, in the dtype that layers compute in. Scores
    of attention are counted as layers hold them: whole, or for a chunk of the
    queries where all would take more than `layers.get_attention_memory()`.
    Masks and numbers one for each row are left out, and so is what compilers
    add or save: `docs/cost.md` says how near that comes.

    Attributes:
        parameters: trainable numbers.
        flops: operations on one example, whatever the batch.
        folded_flops: those that `models.fold_for_inference` leaves, in
            inference alone.
        parts: the same three by part: `preprocessing`, `encoder`, `processor`,
            `decoder`, `head`, those of them that the model has. What two of
            them share is counted in the first.
        batch: number of examples that the bytes are for.
        inference_bytes: the largest sum of tensors alive at one time in a
            forward pass. Weights and what the caller gives are not in it.
        training_bytes: all that the forward pass leaves for the backward
            pass, and beside it the gradients that are alive at one time, at
            most `inference_bytes`. Weights and what belongs to each of them
            are not in it.
        weight_bytes: the weights, in the dtype of variables.
        gradient_bytes: a gradient for each.
        optimizer_bytes: the two slots for each of Adam and LAMB.
    """

    parameters: int
    flops: int
    folded_flops: int
    parts: Mapping[str, Part]
    batch: int
    inference_bytes: int
    training_bytes: int
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int

    @property
    def peak_training_bytes(self):
        """All that a training step holds at its peak."""
        return (
            self.training_bytes
            + self.weight_bytes
            + self.gradient_bytes
            + self.optimizer_bytes
        )


def cost(preset_name, *, batch=1, **overrides):
    """What a published model costs, or one like it with other numbers.

    Args:
        preset_name: a name in `keras_perceiver.presets()`.
        batch: number of examples, which bytes grow with.
        **overrides: any argument that `from_preset` takes. Those that choose
            outputs at call time count too: `num_video_outputs` and
            `num_audio_outputs` of `autoencoder`, which are all by default.

    Returns:
        A `Cost`. No model is built; it takes a millisecond.

    Raises:
        ValueError: if the name or an override is unknown, or the model could
            not be built.
    """
    known = overridable(preset_name)
    check_overrides(preset_name, overrides, known)
    builder = find_preset(preset_name).builder
    return _cost(builder, {**known, **overrides}, batch)


def products(preset_name, *, batch=1, **overrides):
    """The matrix products of a forward pass, at their true sizes.

    Convolutions are none of them.

    Args:
        preset_name: a name in `keras_perceiver.presets()`.
        batch: number of examples.
        **overrides: as `cost` takes them.

    Returns:
        A dictionary from `Product` to how often it is taken.

    Raises:
        ValueError: as `cost` does.
    """
    known = overridable(preset_name)
    check_overrides(preset_name, overrides, known)
    builder = find_preset(preset_name).builder
    return dict(_trace(builder, {**known, **overrides}, batch).products)


def cost_of(builder, *, batch=1, **arguments):
    """What `builder(**arguments)` would cost.

    Args:
        builder: a function of `keras_perceiver.models`, such as `language`.
        batch: number of examples, which bytes grow with.
        **arguments: what it takes.

    Returns:
        A `Cost`.

    Raises:
        ValueError: if the builder or an argument is unknown, or the model
            could not be built.
        TypeError: if an argument is missing.
    """
    known = {*_choices(builder), *_names(builder)}
    for key in arguments:
        if key not in known:
            raise errors.unknown(
                f"argument of {builder.__name__!r}:", key, known
            )
    defaults = Preset(builder, {}, 0, "").defaults
    return _cost(builder, {**defaults, **arguments}, batch)


def overridable(preset_name):
    """Every argument that `cost` takes of a preset, with its value."""
    preset = find_preset(preset_name)
    return {**_choices(preset.builder), **preset.arguments}


_DESCRIPTIONS = {
    models.autoencoder: multimodal.autoencoder,
    models.conv_flow: optical_flow.conv_flow,
    models.conv_image_classifier: images.conv_image_classifier,
    models.conv_mean_classifier: images.conv_mean_classifier,
    models.entity_encoder: entities.entity_encoder,
    models.entity_transformer: entities.entity_transformer,
    models.fourier_image_classifier: images.fourier_image_classifier,
    models.fourier_mean_classifier: images.fourier_mean_classifier,
    models.image_perceiver: original_perceiver.image_perceiver,
    models.language: language.language,
    models.language_transformer: language.language_transformer,
    models.learned_image_classifier: images.learned_image_classifier,
    models.learned_mean_classifier: images.learned_mean_classifier,
    models.patch_flow: optical_flow.patch_flow,
    models.point_perceiver: original_perceiver.point_perceiver,
    models.separate_frames_flow: optical_flow.separate_frames_flow,
    models.spectrogram_video_classifier: (
        multimodal.spectrogram_video_classifier
    ),
    models.shared_token_classifier: language.shared_token_classifier,
    models.task_token_classifier: language.task_token_classifier,
    models.text_classifier: language.text_classifier,
    models.waveform_video_classifier: multimodal.waveform_video_classifier,
}

# These change what a model answers, but not what it costs; where one does, as
# the number of dimensions in `max_resolution`, the description names it.
_FREE = (
    "audio_max_resolution",
    "dtype",
    "embedding_stddev",
    "flow_scale",
    "gelu_approximate",
    "max_resolution",
    "position_stddev",
    "video_max_resolution",
)


def _description(builder):
    if builder not in _DESCRIPTIONS:
        known = sorted(function.__name__ for function in _DESCRIPTIONS)
        raise ValueError(
            "No cost is known of the models that this function builds. "
            f"Received: {builder}. Known are {', '.join(known)}."
        )
    return _DESCRIPTIONS[builder]


def _choices(builder):
    """Arguments of the call and not of the model, with their defaults."""
    return _description(builder).__kwdefaults__ or {}


def _names(builder):
    for parameter in inspect.signature(builder).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            yield from list(inspect.signature(encode).parameters)[2:]
        else:
            yield parameter.name


def _describe(builder, arguments, trace):
    """Tells a trace what a model does, and returns the trace."""
    describe = _description(builder)
    named = inspect.signature(describe).parameters
    describe(
        trace,
        **{
            name: value
            for name, value in arguments.items()
            if name in named or name not in _FREE
        },
    )
    return trace


def _trace(builder, arguments, batch):
    """What the description of a model told."""
    if batch < 1:
        raise ValueError(f"batch must be at least 1. Received: batch={batch}")
    itemsize = _itemsize(_policy(arguments["dtype"]).compute_dtype)
    return _describe(builder, arguments, Trace(batch, itemsize))


def _cost(builder, arguments, batch):
    trace = _trace(builder, arguments, batch)
    policy = _policy(arguments["dtype"])
    parameters, peak = trace.parameters.total(), trace.peak()
    folded = FoldedTrace(
        _itemsize(policy.compute_dtype), int(CONSTANT_SHARE * parameters)
    )
    _describe(builder, arguments, folded)
    weight_bytes = parameters * _itemsize(policy.variable_dtype)
    return Cost(
        parameters=parameters,
        flops=trace.flops.total(),
        folded_flops=folded.flops.total(),
        parts={
            name: Part(
                trace.parameters[name], trace.flops[name], folded.flops[name]
            )
            for name in trace.flops
        },
        batch=batch,
        inference_bytes=peak,
        training_bytes=trace.kept + trace.remade + peak,
        weight_bytes=weight_bytes,
        gradient_bytes=weight_bytes,
        optimizer_bytes=2 * weight_bytes,
    )


def _policy(dtype):
    if dtype is None:
        return keras.config.dtype_policy()
    return keras.dtype_policies.get(dtype)


def _itemsize(dtype):
    """Bytes of one number: `bfloat16` has 2."""
    return int(re.search(r"\d+$", dtype)[0]) // 8
