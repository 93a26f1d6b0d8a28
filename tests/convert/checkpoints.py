"""Checkpoints of others made from our own models, to be read back."""

import json
import pickle

import keras
import numpy as np
import safetensors.numpy

from keras_perceiver import from_preset
from keras_perceiver.convert import deepmind
from keras_perceiver.convert import huggingface
from keras_perceiver.convert.naming import sources_of
from tests.random_values import named_weights
from tests.random_values import randomize

_ENCODER = {
    "num_latents": 5,
    "latent_dim": 12,
    "num_blocks": 2,
    "num_self_attends_per_block": 2,
    "num_self_attention_heads": 2,
}
_DECODER = {"decoder_qk_channels": None, "decoder_v_channels": None}
_CLASSES = {"image_shape": (9, 9, 3), "num_classes": 7}
_IMAGES = {**_ENCODER, **_CLASSES, **_DECODER, "query_dim": 12}
_BANDS = {"num_bands": 3, "max_resolution": (9, 9)}
_POSITIONS = {
    "pixel_projection_dim": 4,
    "position_dim": 6,
    "position_projection_dim": 8,
}
_STEM = {**_BANDS, "image_shape": (32, 32, 3), "stem_channels": 5}
_LANGUAGE = {
    **_ENCODER,
    "num_blocks": 1,
    "vocabulary_size": 20,
    "max_length": 6,
    "embedding_dim": 8,
    "num_cross_attention_heads": 2,
    "num_decoder_heads": 2,
    "qk_channels": 4,
    "v_channels": 12,
    "decoder_qk_channels": 4,
    "decoder_v_channels": 8,
    "widening_factor": 2,
    "cross_attention_widening_factor": 3,
}
_MEAN = {**_ENCODER, **_CLASSES}

# Every family that was released, and the head that takes the mean.
TINY = {
    "language_bytes": _LANGUAGE,
    "imagenet_fourier": {**_IMAGES, **_BANDS},
    "imagenet_learned": {**_IMAGES, **_POSITIONS},
    "imagenet_conv": {**_IMAGES, **_STEM, "num_stem_layers": 2},
    "imagenet_fourier_mean_head": {**_MEAN, **_BANDS},
    "imagenet_learned_mean_head": {**_MEAN, **_POSITIONS},
    "imagenet_conv_mean_head": {**_MEAN, **_STEM},
    "optical_flow": {
        **_ENCODER,
        **_BANDS,
        **_DECODER,
        "image_shape": (6, 8, 3),
        "projection_dim": 4,
        "patch_size": 1,
    },
    "kinetics_autoencoder": {
        **_ENCODER,
        **_DECODER,
        "video_shape": (2, 8, 8, 3),
        "num_audio_samples": 32,
        "num_classes": 6,
        "samples_per_patch": 8,
        "video_num_bands": 2,
        "video_max_resolution": (2, 2, 2),
        "audio_num_bands": 3,
        "audio_max_resolution": (32,),
        "min_padding": 3,
        "label_query_dim": 10,
        "decoder_output_dim": 9,
    },
}


def tiny(preset, **overrides):
    """A tiny model of a preset with random weights."""
    model = from_preset(preset, **{**TINY[preset], **overrides})
    randomize(model)
    return model


def values_of(model):
    """Copies of all weights by path."""
    return {
        path: np.copy(keras.ops.convert_to_numpy(weight))
        for path, weight in named_weights(model).items()
    }


def assert_same_values(model, expected):
    found = values_of(model)
    assert found.keys() == expected.keys()
    for path, array in expected.items():
        np.testing.assert_array_equal(found[path], array, path)


def deepmind_modules(model):
    """Parameters and state of a model as Haiku lays them out."""
    sources = sources_of(model, deepmind.FAMILIES[model.name], deepmind.SCHEME)
    params, state = {}, {}
    for path, array in values_of(model).items():
        module, _, name = sources[path].key.rpartition("/")
        if path == "pixel_projection/kernel":
            array = array[None, None]
        if path.startswith("conv_stem/norm"):
            array = array[None, None, None]
        if path.endswith(("/padding", "/token")):
            array = array[None]
        if name == "average":
            extra = {"hidden": array / 2, "counter": np.int32(9)}
            state[module] = {"average": array, **extra}
        else:
            params.setdefault(module, {})[name] = array
    return params, state


def write_deepmind_pickle(path, model):
    """A file of a model's weights as DeepMind released them."""
    params, state = deepmind_modules(model)
    content = {"params": params, "state": state} if state else params
    path.write_bytes(pickle.dumps(content))
    return path


def huggingface_tensors(model):
    """The tensors of a model as Hugging Face lays them out."""
    sources = sources_of(
        model, huggingface.FAMILIES[model.name], huggingface.SCHEME
    )
    tensors = {}
    for path, array in values_of(model).items():
        if path == "pixel_projection/kernel":
            array = array.T[..., None, None]
        elif path.endswith("/kernel"):
            array = (
                array.transpose((3, 2, 0, 1)[-array.ndim :])
                if (array.ndim == 4)
                else array.T
            )
        if path.endswith(("/padding", "/token")):
            array = array[None]
        tensors[sources[path].key] = np.ascontiguousarray(array)
    if model.name.startswith("conv"):
        name = "perceiver.input_preprocessor.convnet.batchnorm"
        tensors[f"{name}.num_batches_tracked"] = np.array(3)
    return tensors


def write_huggingface_folder(folder, tensors, **config):
    """A folder of a `config.json` and one file of tensors."""
    folder.mkdir(exist_ok=True)
    config = {"model_type": "perceiver", **config}
    (folder / "config.json").write_text(json.dumps(config))
    safetensors.numpy.save_file(tensors, folder / "model.safetensors")
    return folder
