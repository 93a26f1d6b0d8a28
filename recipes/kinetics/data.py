"""Clips with what is hidden of them and what is to be written."""

import math

import numpy as np
import tensorflow as tf

from recipes.kinetics import baselines
from recipes.kinetics.preparation import Preparation
from recipes.media_data import MediaData
from recipes.settings import resolved
from recipes.training_checks import check_share

# Evaluation looks at the same pixels whatever the seed of a training run is.
EVALUATION_SEED = 20_210_730


class ClipData(MediaData):
    """Clips of video with sound and maybe a label.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ValueError: if a number is out of range, or no videos are named.
    """

    def __init__(self, configuration):
        model = resolved(configuration.model)
        video_shape = tuple(model["video_shape"])
        super().__init__(
            configuration,
            Preparation(
                configuration.data, video_shape, model["num_audio_samples"]
            ),
            video_shape,
            model["num_classes"],
        )
        self.loss = configuration.loss
        self.start = configuration.start
        self.num_audio_samples = model["num_audio_samples"]
        self.samples_per_patch = model["samples_per_patch"]
        self.num_latent_values = model["num_latents"] * model["latent_dim"]
        self.num_pixels = math.prod(self.video_shape[:-1])
        self.num_patches = self.num_audio_samples // self.samples_per_patch
        self._check_settings()

    def training_example(self, number, clip):
        """What is hidden goes by the number."""
        hidden = {
            "label": self.settings.hide_label,
            "video": self.settings.hide_video,
            "audio": self.settings.hide_audio,
        }
        return self._example(clip, [self.training.seed + 1, number], hidden)

    def heldout_example(self, number, clip):
        """Without a label, as many outputs as in training."""
        hidden = {"label": 1.0, "video": 0.0, "audio": 0.0}
        return self._example(clip, [EVALUATION_SEED, number], hidden)

    def baselines(self):
        return baselines.measure(self)

    def _example(self, clip, seed, hidden):
        """Inputs, targets and weights of one clip.

        Args:
            clip: as `PreparedClips` gives it.
            seed: two integers.
            hidden: by modality, the probability that it is not given.
        """
        video = tf.cast(clip["video"], tf.float32) / 255
        label = tf.one_hot(clip["label"], self.num_classes)
        has_label = clip["label"] >= 0
        seeds = tf.random.experimental.stateless_split(seed, 3)
        chances = tf.random.stateless_uniform([3], seeds[0])
        pixels = _choose(self.settings.video_outputs, self.num_pixels, seeds[1])
        patches = _choose(
            self.settings.audio_outputs, self.num_patches, seeds[2]
        )
        rows = tf.reshape(clip["audio"], (self.num_patches, -1))

        def shown(name, values, chance):
            # What is never hidden is large, and need not be copied.
            if not hidden[name]:
                return values
            is_hidden = chance < hidden[name]
            return tf.where(is_hidden, np.float32("nan"), values)

        inputs = {
            "video": shown("video", video, chances[0]),
            "audio": shown("audio", clip["audio"], chances[1]),
            "label": tf.where(
                has_label,
                shown("label", label, chances[2]),
                np.float32("nan"),
            ),
            "video_indices": pixels,
            "audio_indices": patches,
        }
        targets = {
            "video": tf.gather(tf.reshape(video, (self.num_pixels, 3)), pixels),
            "audio": tf.gather(rows, patches),
            "label": label,
        }
        # Silence that was filled in is nothing to learn.
        weights = {
            "video": tf.ones_like(pixels, tf.float32),
            "audio": tf.ones_like(patches, tf.float32)
            * tf.cast(clip["has_audio"], tf.float32),
            "label": tf.cast(has_label, tf.float32),
        }
        return inputs, targets, weights

    def _check_settings(self):
        settings = self.settings
        for name in ("hide_label", "hide_video", "hide_audio"):
            flag = f"data.{name.replace('_', '-')}"
            check_share(flag, getattr(settings, name))
        most = {
            "video_outputs": self.num_pixels,
            "audio_outputs": self.num_patches,
        }
        for name, number in most.items():
            if not 1 <= getattr(settings, name) <= number:
                raise ValueError(
                    f"--data.{name.replace('_', '-')} takes 1 to {number:,}, "
                    "as many as the model's clips have. Received: "
                    f"{getattr(settings, name):,}"
                )


def _choose(count, total, seed):
    """Different indices out of `total`, int32 `(count,)`."""
    # The public function makes one and the same key of many seeds.
    key = tf.random.stateless_uniform([3], seed, None, None, tf.int32)
    chosen = tf.raw_ops.RandomIndexShuffle(
        index=tf.range(count), seed=key, max_index=total - 1
    )
    return tf.ensure_shape(chosen, (count,))
