"""Every task with a tiny model of its own kind, and random weights."""

import keras
from keras import ops

from keras_perceiver import from_preset
from keras_perceiver import tasks
from tests.random_values import randomize

_LATENTS = {
    "num_latents": 4,
    "latent_dim": 16,
    "num_self_attends_per_block": 1,
    "num_self_attention_heads": 2,
}
_DECODER = {"decoder_qk_channels": 16, "decoder_v_channels": 16}


def tiny(preset, **overrides):
    """A preset with other numbers, whose answers differ plainly."""
    model = from_preset(preset, **{**_LATENTS, **overrides})
    randomize(model)
    return model


def tiny_classifier(**overrides):
    settings = {
        "image_shape": (24, 24, 3),
        "max_resolution": (24, 24),
        "num_bands": 2,
        "num_blocks": 1,
        "num_classes": 7,
        "query_dim": 16,
    }
    return tiny("imagenet_fourier", **{**settings, **_DECODER, **overrides})


def tiny_flow(**overrides):
    settings = {
        "image_shape": (16, 24, 3),
        "max_resolution": (16, 24),
        "num_bands": 2,
        "projection_dim": 6,
        "qk_channels": None,
        "v_channels": None,
    }
    return tiny("optical_flow", **{**settings, **_DECODER, **overrides})


def tiny_entities():
    return tiny(
        "starcraft_entities",
        num_entities=6,
        entity_dim=5,
        embedding_dim=8,
        pointer_channels=4,
        query_dim=8,
        qk_channels=8,
        v_channels=16,
        **_DECODER,
    )


def tiny_points():
    return tiny(
        "modelnet40_perceiver",
        num_points=12,
        num_bands=2,
        max_resolution=(8, 8, 8),
        num_classes=4,
    )


_CLIP = {
    "video_shape": (2, 8, 8, 3),
    "video_patch_shape": (1, 4, 4),
    "video_max_resolution": (2, 2, 2),
    "video_num_bands": 2,
    "audio_num_bands": 2,
    "num_classes": 5,
}


def tiny_tagger(preset="audioset_raw", **overrides):
    audio = {
        "num_audio_samples": 64,
        "samples_per_patch": 16,
        "audio_max_resolution": (4,),
    }
    return tiny(preset, **{**_CLIP, "query_dim": 16, **audio, **overrides})


def tiny_mel_tagger():
    return tiny(
        "audioset_mel",
        **_CLIP,
        query_dim=16,
        spectrogram_shape=(5, 8),
        audio_max_resolution=(5, 8),
    )


def tiny_autoencoder():
    return tiny(
        "kinetics_autoencoder",
        **_CLIP,
        num_audio_samples=48,
        samples_per_patch=4,
        audio_max_resolution=(48,),
        label_query_dim=16,
        decoder_output_dim=16,
    )


def tiny_text_classifier(**overrides):
    settings = {
        "max_length": 32,
        "embedding_dim": 16,
        "task_outputs": (("entailment", 3), ("similarity", 1)),
        "num_cross_attention_heads": 2,
        "num_decoder_heads": 2,
        "qk_channels": 16,
        "v_channels": 16,
    }
    return tiny("language_bytes_glue", **{**settings, **_DECODER, **overrides})


EVERY_TASK = {
    "AutoencodeClip": lambda: tasks.AutoencodeClip(tiny_autoencoder(), 50),
    "ClassifyImage": lambda: tasks.ClassifyImage(tiny_classifier()),
    "ClassifyPoints": lambda: tasks.ClassifyPoints(tiny_points()),
    "ClassifyText": lambda: tasks.ClassifyText(
        tiny_text_classifier(), "entailment"
    ),
    "ClassifyText_score": lambda: tasks.ClassifyText(
        tiny_text_classifier(task_outputs=(("similarity", 1),))
    ),
    "EncodeEntities": lambda: tasks.EncodeEntities(tiny_entities()),
    "EstimateFlow": lambda: tasks.EstimateFlow(tiny_flow()),
    "TagAudio": lambda: tasks.TagAudio(tiny_tagger()),
    "TagAudio_mel": lambda: tasks.TagAudio(
        tiny_mel_tagger(), num_audio_samples=60, sample_rate=16_000
    ),
}


@keras.saving.register_keras_serializable(package="tests")
class MeanOfPixels(keras.layers.Layer):
    """Logits that are the mean of each channel, a classifier by eye."""

    def call(self, images):
        return ops.mean(images, axis=(1, 2))


def colour_classifier(height=8, width=8):
    """Says which of red, green and blue there is most of."""
    images = keras.Input((height, width, 3), name="images")
    return keras.Model(images, MeanOfPixels()(images), name="colours")


@keras.saving.register_keras_serializable(package="tests")
class ChannelsOfFrames(keras.layers.Layer):
    """Flow that is written in the frames: a red value is a motion."""

    def call(self, frames):
        return 100 * ops.stack([frames[:, 0, ..., 0], frames[:, 1, ..., 1]], -1)


def written_flow(height, width):
    """Flow `(100 r, 100 g)` of red in the first and green in the second."""
    frames = keras.Input((2, height, width, 3), name="frames")
    return keras.Model(frames, ChannelsOfFrames()(frames), name="written")
