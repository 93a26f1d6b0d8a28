"""Whole held-out clips, each read once and written whole.

A ratio in dB is that of the mean squared error over all clips to a peak of 1,
for pixels from 0 to 1 and samples from -1 to 1.
"""

import math

import numpy as np
import tensorflow as tf

from keras_perceiver.tasks.autoencode_clip import NO_LABEL
from keras_perceiver.tasks.autoencode_clip import AutoencodeClip

_TOP = 5
# The least probability whose logarithm is taken.
_SMALLEST = 1e-30


def measure(model, data, hidden=()):
    """Returns held-out errors of a model, the label never given.

    Args:
        model: the autoencoder, with its views.
        data: the `ClipData`.
        hidden: modalities that are not given either: `"video"`, `"audio"`.

    Returns:
        A dictionary: `video_mse`, `audio_mse`, `video_mae`, `audio_mae`,
        `top_1_error`, `top_5_error`, `nats` and their weighted sum `loss`.
        Clips without sound, and without a label, do not count there; what
        none counts for is None.
    """
    reconstruct = reconstruction_of(model, hidden)
    sums = Errors()
    for clips in data.heldout_batches():
        video, audio, label = reconstruct(clips["video"], clips["audio"])
        sums.add(clips, video.numpy(), audio.numpy(), label.numpy())
    return sums.means(data.loss)


def reconstruction_of(model, hidden=()):
    """Returns a function from video and audio to all three, as answered.

    Args:
        model: the autoencoder, with its views.
        hidden: as `measure` takes it.

    Returns:
        A function from uint8 `(B, T, H, W, 3)` and float32
        `(B, num_audio_samples)` to the same two and the probabilities of the
        label `(B, num_classes)`.
    """
    task = AutoencodeClip(model)

    @tf.function
    def reconstruct(video, audio):
        nowhere = tf.fill(tf.shape(video)[:1], NO_LABEL)
        inputs = task.model_inputs(video, audio, nowhere)
        for name in hidden:
            # What the model finds no number in, is not given.
            inputs[name] = tf.fill(tf.shape(inputs[name]), math.nan)
        return task.decode(model.encode(inputs))

    return reconstruct


class Errors:
    """Sums of errors over clips, and their means."""

    def __init__(self):
        self._sums = dict.fromkeys(
            (
                "video_mse",
                "video_mae",
                "audio_mse",
                "audio_mae",
                "top_1_error",
                "top_5_error",
                "nats",
            ),
            0.0,
        )
        self._counts = {"video": 0, "audio": 0, "label": 0}

    def add(self, clips, video, audio, label):
        """Takes a batch and what was made of it.

        Args:
            clips: a batch as `PreparedClips` gives it.
            video: uint8 or float, levels from 0 to 255, `(B, T, H, W, 3)`.
            audio: `(B, num_audio_samples)`.
            label: probabilities `(B, num_classes)`.
        """
        clips = {name: np.asarray(value) for name, value in clips.items()}
        self._add(
            "video", (clips["video"].astype("float64") - video) / 255, True
        )
        has_audio = clips["has_audio"]
        self._add("audio", clips["audio"].astype("float64") - audio, has_audio)
        has_label = clips["label"] >= 0
        self._counts["label"] += int(has_label.sum())
        wanted = clips["label"][has_label]
        label = np.asarray(label, "float64")[has_label]
        # Of equally likely classes, the first one is named.
        order = np.argsort(-label, axis=1, kind="stable")
        is_it = order == wanted[:, None]
        self._sums["top_1_error"] += float(np.sum(~is_it[:, 0]))
        self._sums["top_5_error"] += float(np.sum(~is_it[:, :_TOP].any(1)))
        given = label[np.arange(len(wanted)), wanted]
        nats = -np.log(np.maximum(given, _SMALLEST))
        self._sums["nats"] += float(nats.sum())

    def means(self, weights):
        """Returns the mean errors, and the loss by its `LossSettings`."""
        counts = {
            name: self._counts[name.split("_")[0]]
            if name.endswith(("mse", "mae"))
            else self._counts["label"]
            for name in self._sums
        }
        means = {
            name: total / counts[name] if counts[name] else None
            for name, total in self._sums.items()
        }
        return {"loss": loss_of(means, weights), **means}

    def _add(self, modality, errors, counts):
        errors = errors[np.broadcast_to(counts, len(errors))]
        self._counts[modality] += errors.size
        self._sums[f"{modality}_mse"] += float(np.sum(errors**2))
        self._sums[f"{modality}_mae"] += float(np.sum(np.abs(errors)))


def loss_of(means, weights):
    """Returns the weighted sum of mean errors, as training has it."""
    return (
        weights.video * (means["video_mae"] or 0.0)
        + weights.audio * (means["audio_mae"] or 0.0)
        + weights.label * (means["nats"] or 0.0)
    )
