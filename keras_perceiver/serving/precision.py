"""The same task in fewer bytes: copies of its model in another precision."""

import collections
import math

import keras
import numpy as np
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.convert import adapters
from keras_perceiver.convert import matching
from keras_perceiver.convert.naming import Source
from keras_perceiver.convert.naming import as_it_is
from keras_perceiver.convert.pretrained import set_preprocessing
from keras_perceiver.models.fold import fold_for_inference
from keras_perceiver.models.fold import is_foldable
from keras_perceiver.models.presets import from_preset
from keras_perceiver.serving import garbage

# The dtype policy that a copy is built with.
_POLICIES = {"float32": "float32", "bfloat16": "bfloat16", "int8": "float32"}
PRECISIONS = tuple(_POLICIES)
# Of what models here are made of, Keras has an int8 form of these alone.
_QUANTIZED = (keras.layers.Dense, keras.layers.Embedding)


def in_precision(task, precision, fold=False):
    """Returns the same task on a copy of its model in another precision.

    Factors of LoRA are added to the kernels that they belong to. The given
    task and its model stay as they are.

    Args:
        task: such as a `FillMask`.
        precision: `"float32"`; `"bfloat16"`, stored and computed in two bytes
            a number but for what presets keep in float32, the layers that
            give logits or other outputs; or `"int8"`, kernels and embeddings
            in one byte a number with a float32 scale for each output channel
            or token, all else float32, and so is the arithmetic. None
            leaves the numbers as they are.
        fold: whether to multiply beforehand what can be, before numbers are
            rounded to one byte: see `models.fold_for_inference`. Models
            that cannot be folded stay as they are.

    Returns:
        A task; the given one if there is nothing to do.

    Raises:
        ValueError: if there is no such precision, or the model is of no
            preset or already quantised.
    """
    model = model_in_precision(task.model, precision, fold)
    return task if model is task.model else task.on(model)


def model_in_precision(model, precision, fold=False):
    """Returns the model that `in_precision` would give a task of this one.

    Args:
        model: the model, which stays as it is.
        precision: as `in_precision` takes it.
        fold: as `in_precision` takes it.

    Raises:
        ValueError: as `in_precision`.
    """
    if precision is None:
        return _folded(model) if fold else model
    check_precision(precision)
    _check_model(model)
    return _copy(model, precision, fold)


def check_precision(precision):
    """Raises `ValueError` unless there is such a precision; None is one."""
    if precision is not None and precision not in PRECISIONS:
        raise errors.unknown("precision", precision, PRECISIONS)


def weight_bytes(model):
    """What a model's weights take on disk, stored once.

    Args:
        model: a Keras model.
    """
    return sum(
        math.prod(weight.shape) * tf.as_dtype(weight.dtype).size
        for weight in model.weights
    )


def precision_of(model):
    """The dtype policy that most numbers of a model are under.

    A functional model's own policy is the global one, whatever its layers'.

    Args:
        model: a Keras model.

    Returns:
        Such as `"float32"`, `"mixed_bfloat16"` or `"int8_from_float32"`.
    """
    counts = collections.Counter()
    for layer in model._flatten_layers():
        if len(list(layer._flatten_layers())) == 1:
            counts[layer.dtype_policy.name] += layer.count_params()
    return counts.most_common(1)[0][0]


def _check_model(model):
    if not hasattr(model, "preset_name"):
        raise ValueError(
            f"Model {model.name!r} does not say which preset it is, so it "
            "cannot be built once more in another precision. Use a model from "
            "from_preset or load_pretrained, or leave the precision out to "
            "export it as it is."
        )
    for layer in model._flatten_layers():
        if getattr(layer, "quantization_mode", None):
            raise ValueError(
                f"Layer {layer.path!r} of {model.name!r} is quantised already "
                f"({layer.dtype_policy.name}). Leave the precision out to "
                "export the model as it is, or give the model as it was "
                "before `quantize`."
            )


def _folded(model):
    return fold_for_inference(model) if is_foldable(model) else model


def _copy(model, precision, fold):
    overrides = {**model.preset_overrides, "dtype": _POLICIES[precision]}
    copy = from_preset(model.preset_name, **overrides)
    set_preprocessing(copy, getattr(model, "preprocessing", None))
    sources = {
        weight.path: Source(weight.path, as_it_is) for weight in copy.weights
    }
    where = f"Model {model.name!r}"
    values = matching.match(copy, sources, _merged_values(model), where)
    matching.assign(copy, values)
    if fold:
        copy = _folded(copy)
    if precision == "int8":
        _quantize(copy)
    return copy


def _quantize(model):
    # Without an activation quantiser inputs are not rounded: less is lost,
    # and TensorFlow's int8 by int8 takes several times longer on a processor.
    config = keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)
    # Keras collects garbage after every layer, minutes in all where there are
    # many objects.
    with garbage.frozen():
        model.quantize(
            config=config, filters=lambda layer: isinstance(layer, _QUANTIZED)
        )


def _merged_values(model):
    """Values by path, the factors of LoRA added to what they belong to."""
    values = {
        weight.path: np.asarray(weight.numpy()) for weight in model.weights
    }
    for entry in adapters.describe(model).get("lora", []):
        scale = entry["alpha"] / entry["rank"]
        for layer in entry["layers"]:
            _merge(values, layer, scale)
    return values


def _merge(values, layer, scale):
    for name in ("kernel", "embeddings"):
        path = f"{layer}/{name}"
        if path in values:
            first = values.pop(f"{layer}/lora_{name}_a")
            second = values.pop(f"{layer}/lora_{name}_b")
            update = scale * (first @ second)
            # In bfloat16 the sum would be rounded before its time.
            values[path] = values[path].astype("float32") + update
