"""What Hugging Face's `config.json` says, in our settings."""

from keras_perceiver import errors

# Of `PerceiverConfig`: what is at its default need not be in the file.
_DEFAULTS = {
    "num_latents": 256,
    "d_latents": 1280,
    "d_model": 768,
    "num_blocks": 1,
    "num_self_attends_per_block": 26,
    "num_self_attention_heads": 8,
    "num_cross_attention_heads": 8,
    "qk_channels": None,
    "v_channels": None,
    "cross_attention_shape_for_attention": "kv",
    "self_attention_widening_factor": 1,
    "cross_attention_widening_factor": 1,
    "hidden_act": "gelu",
    "use_query_residual": True,
    "vocab_size": 262,
    "max_position_embeddings": 2048,
    "image_size": 56,
    "train_size": [368, 496],
    "num_frames": 16,
    "audio_samples_per_frame": 1920,
    "samples_per_patch": 16,
    "output_shape": [1, 16, 224, 224],
    "output_num_channels": 512,
    "_label_trainable_num_channels": 1024,
}
_FAMILIES = {
    "PerceiverForMaskedLM": "language",
    "PerceiverForImageClassificationLearned": "learned_image_classifier",
    "PerceiverForImageClassificationFourier": "fourier_image_classifier",
    "PerceiverForImageClassificationConvProcessing": "conv_image_classifier",
    "PerceiverForOpticalFlow": "patch_flow",
    "PerceiverForMultimodalAutoencoding": "autoencoder",
}
# Whether each of Hugging Face's names is the tanh form.
_ACTIVATIONS = {
    "gelu": False,
    "gelu_python": False,
    "gelu_new": True,
    "gelu_fast": True,
    "gelu_pytorch_tanh": True,
}
# A constant of its models.
_CLASSIFIER_CHANNELS = 256
_COLORS = 3
_LARGEST_SIZE = 10**8


def check(config, path):
    """Refuses the configuration of what is not one of our models.

    Args:
        config: the content of `config.json`.
        path: its file, for messages.

    Raises:
        ValueError: naming what is not supported.
    """
    kind = config.get("model_type", "perceiver")
    if kind != "perceiver":
        raise ValueError(
            f"{path} is of no Perceiver. Received: model_type={kind!r}"
        )
    for key, default in _DEFAULTS.items():
        if not _is_like(config.get(key, default), default):
            raise ValueError(
                f"{path} has an impossible {key}. Received: "
                f"{key}={config[key]!r}"
            )
    if "architectures" in config:
        family_of(config, path)
    _is_tanh(config, path)


def _is_like(value, default):
    """Whether a value is one that `PerceiverConfig` can have there."""
    if isinstance(default, list):
        return (
            isinstance(value, list)
            and len(value) == len(default)
            and all(_is_size(size) for size in value)
        )
    if isinstance(default, bool | str):
        return isinstance(value, type(default))
    return _is_size(value) or (value is None and default is None)


def _is_size(value):
    return type(value) is int and 0 < value <= _LARGEST_SIZE


def family_of(config, path):
    """The name of the family of models that a configuration is of.

    Raises:
        ValueError: if it does not say so, or is of another one.
    """
    architectures = config.get("architectures")
    if (
        not isinstance(architectures, list)
        or len(architectures) != 1
        or architectures[0] not in _FAMILIES
    ):
        raise ValueError(
            f"{path} is of no model that has a counterpart here. Received: "
            f"architectures={architectures!r}. Wanted: one of "
            f"{', '.join(_FAMILIES)}"
        )
    return _FAMILIES[architectures[0]]


def _is_tanh(config, path="config.json"):
    name = config.get("hidden_act", _DEFAULTS["hidden_act"])
    if name not in _ACTIVATIONS:
        raise ValueError(
            f"{path} has hidden_act={name!r}, which no model here has"
            f"{errors.did_you_mean(str(name), _ACTIVATIONS)}"
        )
    return _ACTIVATIONS[name]


def form(family, config):
    """The settings with which our models answer as Hugging Face's do.

    DeepMind's own form is the default of every preset.

    Args:
        family: the name of the family of models.
        config: the content of `config.json`, or None.

    Returns:
        A dictionary of overrides.
    """
    return {
        "gelu_approximate": _is_tanh(config or {}),
        **{
            "learned_image_classifier": {"decoder_query_residual": True},
            "conv_image_classifier": {"stem_same_padding": False},
            # Without the times 20 of DeepMind's demonstration.
            "patch_flow": {"flow_scale": 0.01},
        }.get(family, {}),
    }


def sizes(family, config):
    """The numbers of a configuration in our settings.

    Args:
        family: the name of the family of models.
        config: the content of `config.json`.

    Returns:
        A dictionary of overrides of the family's preset.
    """
    config = {**_DEFAULTS, **config}
    qk_channels = config["qk_channels"]
    if (
        qk_channels is None
        and config["cross_attention_shape_for_attention"] == "q"
    ):
        qk_channels = config["d_latents"]
    shared = {
        "num_latents": config["num_latents"],
        "latent_dim": config["d_latents"],
        "num_blocks": config["num_blocks"],
        "num_self_attends_per_block": config["num_self_attends_per_block"],
        "num_self_attention_heads": config["num_self_attention_heads"],
        "num_cross_attention_heads": config["num_cross_attention_heads"],
        "qk_channels": qk_channels,
        "v_channels": config["v_channels"],
        "widening_factor": config["self_attention_widening_factor"],
        "cross_attention_widening_factor": config[
            "cross_attention_widening_factor"
        ],
        "encoder_query_residual": config["use_query_residual"],
    }
    return {**shared, **_SIZES[family](config)}


def _language(config):
    return {
        "vocabulary_size": config["vocab_size"],
        "max_length": config["max_position_embeddings"],
        "embedding_dim": config["d_model"],
        "num_decoder_heads": 8,
        "decoder_qk_channels": 256,
        "decoder_v_channels": config["d_model"],
    }


def _classifier(config):
    return {
        "num_classes": _num_labels(config),
        "query_dim": config["d_latents"],
        "num_decoder_heads": 1,
        "decoder_qk_channels": None,
        "decoder_v_channels": None,
    }


def _learned(config):
    side = config["image_size"]
    return {
        **_classifier(config),
        "image_shape": (side, side, _COLORS),
        "pixel_projection_dim": _CLASSIFIER_CHANNELS,
        "position_dim": _CLASSIFIER_CHANNELS,
        "position_projection_dim": _CLASSIFIER_CHANNELS,
    }


def _flow(config):
    height, width = config["train_size"]
    return {
        "image_shape": (height, width, _COLORS),
        "max_resolution": (height, width),
        "decoder_qk_channels": None,
        "decoder_v_channels": None,
    }


def _autoencoder(config):
    frames, side = config["num_frames"], config["image_size"]
    samples = frames * config["audio_samples_per_frame"]
    return {
        "video_shape": (*config["output_shape"][1:], _COLORS),
        "num_audio_samples": samples,
        "num_classes": _num_labels(config),
        "samples_per_patch": config["samples_per_patch"],
        "video_max_resolution": (frames, side, side),
        "audio_max_resolution": (samples,),
        "label_query_dim": config["_label_trainable_num_channels"],
        "decoder_output_dim": config["output_num_channels"],
        "decoder_qk_channels": None,
        "decoder_v_channels": None,
    }


def _num_labels(config):
    # Two labels are the default, and then not in the file.
    labels = config.get("id2label")
    return len(labels) if isinstance(labels, dict) else 2


_SIZES = {
    "language": _language,
    "fourier_image_classifier": _classifier,
    "learned_image_classifier": _learned,
    "conv_image_classifier": _classifier,
    "patch_flow": _flow,
    "autoencoder": _autoencoder,
}
