"""One tiny model of every builder, from a preset, with inputs for it."""

import keras
import numpy as np

from keras_perceiver import from_preset
from tests.float64_reference import assert_near

# The logit of what cannot be selected: beside it all others look alike.
MASKED = -1e30

_ENCODER = {
    "num_latents": 4,
    "latent_dim": 12,
    "num_blocks": 1,
    "num_self_attends_per_block": 1,
    "num_cross_attention_heads": 1,
    "num_self_attention_heads": 2,
}
_QUERY = {"query_dim": 6, "decoder_qk_channels": 4, "decoder_v_channels": 8}
_BANDS = {"num_bands": 3, "max_resolution": (4, 6)}
_IMAGES = {**_ENCODER, "image_shape": (5, 6, 3), "num_classes": 7}
_LEARNED = {
    "pixel_projection_dim": 4,
    "position_dim": 6,
    "position_projection_dim": 5,
}
_STEM = {**_BANDS, "image_shape": (14, 18, 3), "stem_channels": 4}
_PERCEIVER = {
    **_ENCODER,
    "num_blocks": 2,
    "num_cross_attends": 2,
    "num_classes": 7,
}
_FLOW = {
    **_ENCODER,
    **_BANDS,
    "decoder_qk_channels": 4,
    "decoder_v_channels": 8,
}
_PIXELS = {**_FLOW, "image_shape": (4, 6, 3), "projection_dim": 5}
_CLIP = {
    **_ENCODER,
    "video_shape": (2, 8, 4, 3),
    "num_classes": 7,
    "video_num_bands": 2,
    "video_max_resolution": (2, 2, 1),
    "audio_num_bands": 3,
}
_AUDIOSET = {**_CLIP, **_QUERY, "video_patch_shape": (2, 4, 4)}
_ENTITIES = {
    "num_entities": 5,
    "entity_dim": 6,
    "embedding_dim": 7,
    "pointer_channels": 4,
    "qk_channels": 4,
}
_TOKENS = {"vocabulary_size": 11, "max_length": 6, "embedding_dim": 8}
_LANGUAGE = {
    **_ENCODER,
    **_TOKENS,
    "num_decoder_heads": 2,
    "qk_channels": 4,
    "v_channels": 12,
    "decoder_qk_channels": 4,
    "decoder_v_channels": 6,
}
_TASKS = {**_LANGUAGE, "task_outputs": (("first", 3), ("second", 1))}

TINY_PRESETS = {
    "language_bytes": _LANGUAGE,
    "language_bytes_glue": _TASKS,
    "language_bytes_glue_shared_token": _TASKS,
    "language_bytes_glue_task_tokens": _TASKS,
    "bert_bytes": {
        **_TOKENS,
        "num_self_attends": 2,
        "num_self_attention_heads": 2,
        "qk_channels": 4,
        "v_channels": 6,
    },
    "imagenet_fourier": {**_IMAGES, **_BANDS, **_QUERY},
    "imagenet_learned": {**_IMAGES, **_LEARNED, **_QUERY},
    "imagenet_conv": {**_IMAGES, **_STEM, **_QUERY},
    "imagenet_fourier_mean_head": {**_IMAGES, **_BANDS},
    "imagenet_learned_mean_head": {**_IMAGES, **_LEARNED},
    "imagenet_conv_mean_head": {**_IMAGES, **_STEM},
    "imagenet_perceiver": {**_PERCEIVER, **_BANDS, "image_shape": (5, 6, 3)},
    "modelnet40_perceiver": {
        **_PERCEIVER,
        "num_bands": 3,
        "num_points": 8,
        "max_resolution": (4, 6, 5),
    },
    "optical_flow": _PIXELS,
    "optical_flow_separate_frames": {**_PIXELS, "max_resolution": (2, 4, 6)},
    "optical_flow_conv": {
        **_FLOW,
        "image_shape": (8, 12, 3),
        "stem_channels": 4,
        "decoder_output_dim": 6,
        "upsampling_dim": 5,
    },
    "kinetics_autoencoder": {
        **_CLIP,
        "num_audio_samples": 20,
        "samples_per_patch": 5,
        "audio_max_resolution": (20,),
        "label_query_dim": 9,
        "decoder_output_dim": 6,
    },
    "audioset_raw": {
        **_AUDIOSET,
        "num_audio_samples": 20,
        "samples_per_patch": 5,
        "audio_max_resolution": (4,),
    },
    "audioset_mel": {
        **_AUDIOSET,
        "spectrogram_shape": (3, 4),
        "audio_max_resolution": (3, 4),
    },
    "starcraft_entities": {
        **_ENCODER,
        **_ENTITIES,
        "query_dim": 6,
        "v_channels": 12,
        "decoder_qk_channels": 4,
        "decoder_v_channels": 8,
    },
    "starcraft_transformer": {
        **_ENTITIES,
        "num_self_attends": 2,
        "v_channels": 6,
    },
}


def tiny_preset(name, **overrides):
    """The tiny model of the builder that a published one has."""
    return from_preset(name, **{**TINY_PRESETS[name], **overrides})


def random_inputs(model, batch=2):
    """Inputs for a tiny model as it takes them: alone, or by their names.

    Masks leave the last example little, and a label is not given there.
    """
    rng = np.random.default_rng(3)
    arrays = {}
    for tensor in model.inputs:
        shape = (batch, *(size or 3 for size in tensor.shape[1:]))
        if tensor.dtype == "bool":
            arrays[tensor.name] = np.ones(shape, "bool")
            arrays[tensor.name][-1, 2:] = False
        elif tensor.dtype == "int32":
            # Tokens, or what is wanted of at least four.
            arrays[tensor.name] = rng.integers(4, size=shape, dtype="int32")
        else:
            arrays[tensor.name] = rng.normal(size=shape).astype("float32")
    if "label" in arrays:
        arrays["label"][-1] = np.nan
    return arrays if len(arrays) > 1 else arrays.popitem()[1]


def named_outputs(outputs):
    """Arrays by name, also where a model gives one alone."""
    outputs = outputs if isinstance(outputs, dict) else {"output": outputs}
    return {
        name: keras.ops.convert_to_numpy(tensor)
        for name, tensor in outputs.items()
    }


def assert_outputs_near(actual, expected, tolerance=1e-5):
    """The same outputs, each near, and the same places masked."""
    assert set(actual) == set(expected)
    for name, array in expected.items():
        masked = array <= MASKED
        np.testing.assert_array_equal(actual[name] <= MASKED, masked)
        array = np.where(masked, 0, array)
        assert np.ptp(array) > 0
        assert_near(np.where(masked, 0, actual[name]), array, tolerance)
