"""Say what is heard, and seen, in a clip."""

import math

import numpy as np
import tensorflow as tf

from keras_perceiver.data.audio import log_mel_spectrogram
from keras_perceiver.tasks.labels import Labels
from keras_perceiver.tasks.labels import as_prediction
from keras_perceiver.tasks.labels import names_of
from keras_perceiver.tasks.problems import blanked
from keras_perceiver.tasks.problems import first_of
from keras_perceiver.tasks.problems import not_finite
from keras_perceiver.tasks.problems import overflowed
from keras_perceiver.tasks.problems import with_problems
from keras_perceiver.tasks.task import Task
from keras_perceiver.tasks.task import call
from keras_perceiver.tasks.task import check_inputs
from keras_perceiver.tasks.task import check_range
from keras_perceiver.tasks.task import inputs_of

# What 32 frames of video last at 25 a second.
NUM_AUDIO_SAMPLES = 61_440
SAMPLE_RATE = 48_000


class TagAudio(Task):
    """Names the likeliest tags of clips of sound with video.

    A clip may have several tags, so that their probabilities do not sum to
    one.

    Args:
        model: from `audio` `(B, num_audio_samples)` in [-1, 1], or a
            spectrogram `(B, frames, bins)`, and `video` `(B, T, H, W, 3)` in
            [0, 1] to logits `(B, num_classes)`, such as
            `from_preset("audioset_raw")`.
        class_names: a name for each tag, as `ClassifyImage` takes them.
        top_k: how many tags to name; where there are fewer, all.
        num_audio_samples: of a clip, where the model reads spectrograms.
        sample_rate: of clips in Hz, where the model reads spectrograms.

    Raises:
        ValueError: if the model is no classifier of clips, or its number of
            classes is not that of the names.
    """

    def __init__(
        self,
        model,
        class_names=None,
        top_k=5,
        num_audio_samples=NUM_AUDIO_SAMPLES,
        sample_rate=SAMPLE_RATE,
    ):
        check_inputs("TagAudio", model, "audio", "video")
        inputs = inputs_of(model)
        # `(frames, bins)`, or `(num_audio_samples,)`.
        self.audio_shape = tuple(inputs["audio"].shape[1:])
        if len(self.audio_shape) == 1:
            num_audio_samples = self.audio_shape[0]
        check_range("num_audio_samples", num_audio_samples, 1, 2**31 - 1)
        check_range("sample_rate", sample_rate, 1000, 1_000_000)
        self.num_audio_samples = num_audio_samples
        self.sample_rate = sample_rate
        self.video_shape = tuple(inputs["video"].shape[1:])
        super().__init__(
            model,
            tf.TensorSpec((None, num_audio_samples), tf.float32, "audio"),
            tf.TensorSpec((None, *self.video_shape), tf.uint8, "video"),
        )
        self.labels = Labels(
            model.output.shape[-1], names_of(model, class_names), top_k
        )

    def __call__(self, audio, video=None):
        """Tags one clip.

        Args:
            audio: `(num_audio_samples,)`, values in [-1, 1].
            video: uint8 `(T, H, W, 3)`. Without it the model sees black, as
                it did in three of ten clips in training.

        Returns:
            A `Prediction`, with `label`, `labels` and `probabilities`.

        Raises:
            ValueError: if audio or video is not of that form, or a sample is
                not finite.
        """
        audio = np.asarray(audio, np.float32)
        if video is None:
            video = np.zeros(self.video_shape, np.uint8)
        video = np.asarray(video)
        if audio.shape != (self.num_audio_samples,):
            raise ValueError(
                f"Wanted: audio of {self.num_audio_samples} samples. Received: "
                f"shape {audio.shape}"
            )
        if video.dtype != np.uint8 or video.shape != self.video_shape:
            raise ValueError(
                f"Wanted: video of shape {self.video_shape}, uint8. Received: "
                f"{video.shape}, {video.dtype}"
            )
        row = {"audio": audio, "video": video}
        (answer,) = self.answers("Clip", [row], dict)
        return as_prediction(answer)

    def example_request(self):
        """Requests that show the task, for an export to be checked with."""
        rng = np.random.default_rng(0)
        audio = rng.uniform(-1, 1, (3, self.num_audio_samples))
        audio[2, -1] = math.nan
        video = rng.integers(0, 256, (3, *self.video_shape))
        video[1] = 0
        return {
            "audio": tf.constant(audio, tf.float32),
            "video": tf.constant(video, tf.uint8),
        }

    def serve(self, audio, video):
        """The task inside a graph: this is what an export answers with.

        Args:
            audio: float32 `(B, num_audio_samples)` in [-1, 1].
            video: uint8 `(B, T, H, W, 3)`; black where there is none.

        Returns:
            A dictionary of `label_bytes` and `probabilities` `(B, top_k)`,
            best first, and `problem_bytes` `(B,)`, empty where all is well.
            A clip with samples that are not finite has "" and 0 for answers,
            and never spoils its batchmates'.
        """
        chances, problems = self.probabilities(audio, video)
        return with_problems(
            self.labels.best(chances), first_of(problems, overflowed(chances))
        )

    def probabilities(self, audio, video):
        """Of all tags, inside a graph, as `serve` chooses among them.

        Args:
            audio: as `serve` takes it.
            video: as `serve` takes it.

        Returns:
            float32 `(B, num_classes)`, and what is wrong with each clip's
            audio, string `(B,)`, "" where nothing is.
        """
        problems = not_finite("the audio", audio)
        audio = blanked(audio, problems)
        if len(self.audio_shape) == 2:
            audio = log_mel_spectrogram(
                audio, *self.audio_shape, self.sample_rate
            )
        video = tf.cast(video, tf.float32) / 255
        logits = call(self.model, {"audio": audio, "video": video})
        return tf.sigmoid(tf.cast(logits, tf.float32)), problems
