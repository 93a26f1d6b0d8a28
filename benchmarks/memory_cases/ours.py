"""What is measured of this library, with random weights."""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.memory_cases.sizes import NUM_LATENTS
from benchmarks.memory_cases.sizes import NUM_SELF_ATTENDS
from benchmarks.memory_cases.sizes import WIDTH
from keras_perceiver import from_preset
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode
from keras_perceiver.tasks import AutoencodeClip


def flow(**overrides):
    """One pair of frames at the published size."""
    return _forward(from_preset("optical_flow", **overrides), _frames())


def flow_training(**overrides):
    """One training step on them, AdamW as in the paper's appendix."""
    model = from_preset("optical_flow", **overrides)
    return _training(model, _frames(), _noise(1, 368, 496, 2))


def clip(whole=True):
    """A whole clip, or the first of the chunks that it is decoded in."""
    task = AutoencodeClip(from_preset("kinetics_autoencoder"))
    video = np.random.default_rng(0).integers(
        0, 256, task.video_shape, dtype=np.uint8
    )
    audio = np.clip(_noise(task.num_audio_samples), -1, 1)
    if whole:
        return lambda: task(video, audio)
    inputs = {
        "video": tf.constant(video[None] / 255, tf.float32),
        "audio": tf.constant(audio[None]),
        "label": tf.fill((1, task.num_classes), float("nan")),
    }

    @tf.function(jit_compile=False, autograph=False)
    def decode_some():
        return task.model.decode(
            {
                "latents": task.model.encode(inputs),
                "video_indices": tf.range(task.pixels_at_once)[None],
                "audio_indices": tf.range(20)[None],
            }
        )

    return decode_some


def read(num_inputs=16_384, num_latents=NUM_LATENTS):
    """The encoder on a long input."""
    return _forward(_reader(num_inputs, num_latents), _rows(num_inputs))


def read_training(num_inputs):
    """A training step of it."""
    model = _reader(num_inputs, NUM_LATENTS)
    return _training(model, _rows(num_inputs), _noise(1, NUM_LATENTS, WIDTH))


def write(num_outputs):
    """The decoder on many queries."""
    return _forward(_writer(num_outputs), _rows(num_outputs))


def write_training(num_outputs):
    """A training step of it."""
    rows = _rows(num_outputs)
    return _training(_writer(num_outputs), rows, rows)


def _reader(num_inputs, num_latents):
    inputs = keras.Input((num_inputs, WIDTH))
    latents = encode(
        inputs,
        num_latents=num_latents,
        latent_dim=WIDTH,
        num_self_attends_per_block=NUM_SELF_ATTENDS,
    )
    return keras.Model(inputs, latents)


def _writer(num_outputs):
    queries = keras.Input((num_outputs, WIDTH))
    latents = encode(
        queries[:, :NUM_LATENTS],
        num_latents=NUM_LATENTS,
        latent_dim=WIDTH,
        num_self_attends_per_block=NUM_SELF_ATTENDS,
    )
    return keras.Model(queries, decoder()(queries, latents))


def _forward(model, inputs):
    call = tf.function(model, jit_compile=False, autograph=False)
    inputs = tf.constant(inputs)
    return lambda: call(inputs)


def _training(model, inputs, targets):
    model.compile(keras.optimizers.AdamW(1e-4), "mse", jit_compile=False)
    return lambda: model.train_on_batch(inputs, targets)


def _frames():
    return _noise(1, 2, 368, 496, 3)


def _rows(number):
    return _noise(1, number, WIDTH)


def _noise(*shape):
    return np.random.default_rng(0).standard_normal(shape, np.float32)
