"""Squeeze a clip through the latents, and write it out again."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from keras_perceiver.tasks.problems import blanked
from keras_perceiver.tasks.problems import first_of
from keras_perceiver.tasks.problems import not_finite
from keras_perceiver.tasks.problems import overflowed
from keras_perceiver.tasks.problems import with_problems
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import check_inputs
from keras_perceiver.tasks.task import check_range
from keras_perceiver.tasks.task import check_views
from keras_perceiver.tasks.task import inputs_of

NO_LABEL = -1


@dataclasses.dataclass(frozen=True, eq=False)
class Clip:
    """A clip as the latents hold it.

    Attributes:
        video: uint8 `(T, H, W, 3)`.
        audio: float32 `(num_audio_samples,)` in [-1, 1].
        label: float32 `(num_classes,)`, probabilities.
    """

    video: np.ndarray
    audio: np.ndarray
    label: np.ndarray


class AutoencodeClip(Task):
    """Encodes video, audio and label once, and decodes all of them.

    A label that is not given is classified (section 4.3).

    Args:
        model: with its views, from `video`, `audio`, `label` and indices,
            such as `from_preset("kinetics_autoencoder")`.
        pixels_at_once: how many pixels are decoded at a time. Memory grows
            with it, and not with the video.

    Raises:
        ValueError: if the model is no such autoencoder or lacks its views,
            or a number is out of range.
    """

    def __init__(self, model, pixels_at_once=8192):
        check_inputs(
            "AutoencodeClip",
            model,
            "video",
            "audio",
            "label",
            "video_indices",
            "audio_indices",
        )
        check_views(model)
        check_range("pixels_at_once", pixels_at_once, 1, 2**31 - 1)
        inputs = inputs_of(model)
        self.pixels_at_once = pixels_at_once
        self.video_shape = tuple(inputs["video"].shape[1:])
        self.num_audio_samples = inputs["audio"].shape[1]
        self.num_classes = inputs["label"].shape[1]
        super().__init__(
            model,
            tf.TensorSpec((None, *self.video_shape), tf.uint8, "video"),
            tf.TensorSpec((None, self.num_audio_samples), tf.float32, "audio"),
            tf.TensorSpec((None,), tf.int32, "label"),
        )

    def __call__(self, video, audio, label=None):
        """Autoencodes one clip.

        Args:
            video: uint8 `(T, H, W, 3)`.
            audio: `(num_audio_samples,)`, values in [-1, 1].
            label: the number of the clip's class, or None to have it
                classified.

        Returns:
            A `Clip`.

        Raises:
            ValueError: if something is not of that form, or a sample is not
                finite.
        """
        video = np.asarray(video)
        audio = np.asarray(audio, np.float32)
        label = NO_LABEL if label is None else label
        if video.dtype != np.uint8 or video.shape != self.video_shape:
            raise ValueError(
                f"Wanted: video of shape {self.video_shape}, uint8. Received: "
                f"{video.shape}, {video.dtype}"
            )
        if audio.shape != (self.num_audio_samples,):
            raise ValueError(
                f"Wanted: audio of {self.num_audio_samples} samples. Received: "
                f"shape {audio.shape}"
            )
        check_range("label", label, NO_LABEL, self.num_classes - 1)
        row = {"video": video, "audio": audio, "label": label}
        (answer,) = self.answers("Clip", [row], dict)
        return Clip(answer["video"], answer["audio"], answer["label"])

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        rng = np.random.default_rng(0)
        video = rng.integers(0, 256, (3, *self.video_shape))
        audio = rng.uniform(-1, 1, (3, self.num_audio_samples))
        audio[2, 0] = math.nan
        return {
            "video": tf.constant(video, tf.uint8),
            "audio": tf.constant(audio, tf.float32),
            "label": tf.constant([NO_LABEL, 0, 0]),
        }

    def serve(self, video, audio, label):
        """The task inside a graph: this is what an export answers with.

        Args:
            video: uint8 `(B, T, H, W, 3)`.
            audio: float32 `(B, num_audio_samples)` in [-1, 1].
            label: int32 `(B,)`, -1, or whatever is no class, where the label
                is not given.

        Returns:
            A dictionary of `video` and `audio` in the same form, the
            probabilities `label`, float32 `(B, num_classes)`, and
            `problem_bytes` `(B,)`, empty where all is well. A clip with
            samples that are not finite has 0 for answers, and never spoils
            its batchmates'.
        """
        problems = not_finite("the audio", audio)
        inputs = self.model_inputs(video, blanked(audio, problems), label)
        video, audio, label = self.decode(self.model.encode(inputs))
        answers = {"video": video, "audio": audio, "label": label}
        problems = first_of(problems, overflowed(audio, label))
        return with_problems(answers, problems)

    def model_inputs(self, video, audio, label):
        """Returns what the model's view `encode` takes, as `serve` does."""
        is_given = tf.logical_and(label >= 0, label < self.num_classes)
        one_hot = tf.one_hot(label, self.num_classes)
        return {
            "video": tf.cast(video, tf.float32) / 255,
            "audio": audio,
            # Where the model finds no number, it puts its mask token.
            "label": tf.where(is_given[:, None], one_hot, math.nan),
        }

    def decode(self, latents):
        """Writes everything, in chunks of positions, one after another.

        Args:
            latents: `(B, N, D)`, from the model's view `encode`.

        Returns:
            `video`, `audio` and `label` as `serve` answers them.
        """
        num_pixels = math.prod(self.video_shape[:-1])
        samples_per_patch = self.model.output["audio"].shape[-1]
        num_patches = self.num_audio_samples // samples_per_patch
        num_chunks = math.ceil(num_pixels / self.pixels_at_once)
        pixels_each = math.ceil(num_pixels / num_chunks)
        patches_each = math.ceil(num_patches / num_chunks)

        def decode_chunk(number):
            outputs = self.model.decode(
                {
                    "latents": latents,
                    "video_indices": _chunk(number, pixels_each, num_pixels),
                    "audio_indices": _chunk(number, patches_each, num_patches),
                }
            )
            return outputs["video"], outputs["audio"], outputs["label"]

        pixels, samples, logits = tf.map_fn(
            decode_chunk,
            tf.range(num_chunks),
            fn_output_signature=(tf.float32, tf.float32, tf.float32),
            parallel_iterations=1,
        )
        pixels = _joined(pixels, num_pixels, 3)
        pixels = tf.round(255 * tf.clip_by_value(pixels, 0, 1))
        samples = _joined(samples, num_patches, samples_per_patch)
        audio = tf.reshape(samples, (-1, self.num_audio_samples))
        return (
            tf.reshape(tf.cast(pixels, tf.uint8), (-1, *self.video_shape)),
            tf.clip_by_value(audio, -1, 1),
            # Every chunk says the same of the label.
            tf.nn.softmax(logits[0]),
        )


def _chunk(number, size, count):
    """Indices `(1, size)`; beyond the last there is the last again."""
    return tf.minimum(number * size + tf.range(size), count - 1)[None]


def _joined(chunks, count, channels):
    """`(chunks, B, size, channels)` to `(B, count, channels)`."""
    chunks = tf.transpose(chunks, (1, 0, 2, 3))
    size = tf.shape(chunks)[1] * tf.shape(chunks)[2]
    shape = tf.stack([tf.shape(chunks)[0], size, channels])
    return tf.reshape(chunks, shape)[:, :count]
