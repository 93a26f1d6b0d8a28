"""Quantised and LoRA layers: how to bring a model to where it was saved.

Keras changes such layers in place, and their constructors do not know of it.
So a folder says which layers were changed and how, the model is built as
its preset says, and the same is done to it again before weights are set.
"""

import keras
import numpy as np

_CONFIGS = {
    "int8": keras.quantizers.Int8QuantizationConfig,
    "int4": keras.quantizers.Int4QuantizationConfig,
    "float8": keras.quantizers.Float8QuantizationConfig,
}


def describe(model):
    """What was done to a model's layers.

    Args:
        model: the model.

    Returns:
        A dictionary for JSON, empty if nothing was done.

    Raises:
        ValueError: if something was done that cannot be repeated.
    """
    quantized, lora = [], []
    for layer in _parts(model):
        if getattr(layer, "quantization_mode", None):
            _note(quantized, _quantization(layer), layer)
        if getattr(layer, "lora_enabled", False):
            settings = {"rank": layer.lora_rank, "alpha": layer.lora_alpha}
            _note(lora, settings, layer)
    changes = {"quantized": quantized, "lora": lora}
    return {kind: entries for kind, entries in changes.items() if entries}


def _note(entries, settings, layer):
    """Adds a layer to the entry that has these settings."""
    for entry in entries:
        if settings.items() <= entry.items():
            entry["layers"].append(layer.path)
            return
    entries.append({**settings, "layers": [layer.path]})


def _quantization(layer):
    """The settings that quantise a layer as it is."""
    # Such as "int8_from_float32" and "int4/128_from_float32".
    name = layer.dtype_policy.name.partition("_from_")[0]
    mode, _, block_size = name.partition("/")
    settings = {"mode": mode}
    if block_size:
        settings["block_size"] = int(block_size)
    if mode in _CONFIGS:
        config = layer.quantization_config
        wanted = _config(**settings)
        if config is None or config.get_config() == wanted.get_config():
            return settings
    raise ValueError(
        f"Layer {layer.path!r} is quantised in a way that a folder cannot "
        f"keep: {layer.dtype_policy.name}. Wanted: {', '.join(_CONFIGS)}, "
        "with Keras's own quantisers. Others can be exported, or kept with "
        "model.save_weights."
    )


def _config(mode, **settings):
    if mode not in _CONFIGS:
        raise ValueError(f"unknown quantisation {mode!r}")
    return _CONFIGS[mode](**settings)


def apply(model, description, path):
    """Does to a model's layers what was done when it was saved.

    Args:
        model: a model as its preset builds it.
        description: what `describe` gave.
        path: the file that holds it, for messages.

    Raises:
        ValueError: if it does not fit the model.
    """
    layers = {layer.path: layer for layer in _parts(model)}
    try:
        # Low-rank factors of a quantised layer follow its quantised shape.
        for entry in description.get("quantized", []):
            config = _config(**_settings(entry))
            for name in entry["layers"]:
                layers[name].quantize(config=config)
        for entry in description.get("lora", []):
            for name in entry["layers"]:
                layers[name].enable_lora(
                    entry["rank"], lora_alpha=entry["alpha"]
                )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{path} describes layers that {model.name} does not have or that "
            f"cannot be changed so ({type(error).__name__}: {error})."
        ) from None


def merged_weights(model):
    """Returns a model's weights as they are without low-rank factors.

    Args:
        model: the model.

    Returns:
        numpy arrays by `weight.path`. The factors of linear layers with LoRA
        are added to their kernels.
    """
    arrays = {
        weight.path: np.asarray(weight.numpy()) for weight in model.weights
    }
    for layer in _parts(model):
        if isinstance(layer, keras.layers.Dense) and layer.lora_enabled:
            scale = layer.lora_alpha / layer.lora_rank
            factor_a = arrays.pop(layer.lora_kernel_a.path)
            factor_b = arrays.pop(layer.lora_kernel_b.path)
            path = f"{layer.path}/kernel"
            arrays[path] = arrays[path] + scale * (factor_a @ factor_b)
    return arrays


def _settings(entry):
    return {key: value for key, value in entry.items() if key != "layers"}


def _parts(model):
    """Every layer at any depth."""
    return [layer for layer in model._flatten_layers() if layer is not model]
