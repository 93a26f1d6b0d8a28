"""Clips with what is hidden of them and what is to be written."""

import math

import numpy as np
import tensorflow as tf

from keras_perceiver.data.media import sources
from keras_perceiver.data.media.clips import WHOLE as WHOLE_TIME
from keras_perceiver.training.strategies import WHOLE
from recipes.kinetics import baselines
from recipes.kinetics.preparation import Preparation
from recipes.recipe import RecipeData
from recipes.settings import resolved
from recipes.training_checks import check_share

# Evaluation looks at the same pixels whatever the seed of a training run is.
EVALUATION_SEED = 20_210_730


class ClipData(RecipeData):
    """Clips of video with sound and maybe a label.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ValueError: if a number is out of range, or no videos are named.
    """

    def __init__(self, configuration):
        self.settings = configuration.data
        self.training = configuration.training
        self.loss = configuration.loss
        self.start = configuration.start
        model = resolved(configuration.model)
        self.video_shape = tuple(model["video_shape"])
        self.num_audio_samples = model["num_audio_samples"]
        self.samples_per_patch = model["samples_per_patch"]
        self.num_classes = model["num_classes"]
        self.num_latent_values = model["num_latents"] * model["latent_dim"]
        self.num_pixels = math.prod(self.video_shape[:-1])
        self.num_patches = self.num_audio_samples // self.samples_per_patch
        self._check_settings()
        self.preparation = Preparation(
            self.settings, self.video_shape, self.num_audio_samples
        )
        self._opened = None

    @property
    def clips(self):
        """The `PreparedClips`."""
        if self._opened is None:
            self._opened = self.preparation.clips()
        return self._opened

    @property
    def media_format(self):
        """The `MediaFormat` of all clips."""
        return self.preparation.media_format

    @property
    def class_names(self):
        """A name for each class of the model."""
        names = self.clips.class_names
        # Without labels, classes have no names.
        return names or [str(number) for number in range(self.num_classes)]

    def prepare(self):
        """Reads all videos into records, where that is not done yet."""
        summary = self.preparation.prepare()
        print(
            f"prepared in {self.preparation.folder}: {summary['videos']:,} "
            f"videos, {summary['skipped']:,} skipped, {summary['silent']:,} "
            f"silent, {summary['used_in_part']:,} used in part"
        )
        if summary["skipped"] or summary["silent"] or summary["used_in_part"]:
            problems = self.preparation.folder / "problems.csv"
            print(f"what was wrong with which: {problems}")

    def check(self):
        """Raises `ValueError` unless training can read its first example."""
        names = self.clips.class_names
        if names and len(names) != self.num_classes:
            raise ValueError(
                f"{self.clips.summary['description']} has {len(names)} "
                f"classes, and the model {self.num_classes}. Set "
                f"--model.num-classes {len(names)}."
            )
        if self.settings.heldout_share is None and not self._has_heldout():
            raise ValueError(
                f"None of {self.clips.summary['description']} is held out. "
                "Hold out the end of each video with --data.heldout-share 0.3, "
                "or put some videos into a folder `val` beside `train`."
            )
        self._training_clips(0)
        self._heldout_clips()

    def _has_heldout(self):
        return sources.VALIDATE in self.clips.summary["records_of_split"]

    def record(self):
        summary = self.clips.summary
        return {
            "description": self._description(),
            "videos": summary["videos"],
            "seconds_of_split": summary["seconds_of_split"],
            "sha256": self.clips.identity(),
        }

    def describe(self):
        summary = self.clips.summary
        seconds = ", ".join(
            f"{value:,.0f} s {split}"
            for split, value in summary["seconds_of_split"].items()
        )
        rate = self.media_format
        return [
            f"videos: {self._description()}, {summary['videos']:,} "
            f"({summary['skipped']:,} skipped), {seconds}",
            f"clips: {self.video_shape[0]} frames of {rate.size} x {rate.size} "
            f"pixels at {rate.frames_per_second} frames/s, sound at "
            f"{rate.sample_rate:,} Hz, {self.num_heldout():,} held out",
        ]

    def training_dataset(self, first_example, share=WHOLE):
        """Endless batches; example `n` is the same wherever one begins."""
        size = self.training.batch_size
        is_wanted = None
        if share != WHOLE:

            def is_wanted(number):
                return share.has(number, size)

        hidden = {
            "label": self.settings.hide_label,
            "video": self.settings.hide_video,
            "audio": self.settings.hide_audio,
        }
        return (
            self._training_clips(first_example, is_wanted)
            .map(
                lambda number, clip: self._example(
                    clip, [self.training.seed + 1, number], hidden
                ),
                num_parallel_calls=tf.data.AUTOTUNE,
            )
            .batch(size // share.count, drop_remainder=True)
            .prefetch(tf.data.AUTOTUNE)
        )

    def evaluation_dataset(self):
        """Held-out batches without labels, as many outputs as in training."""
        hidden = {"label": 1.0, "video": 0.0, "audio": 0.0}
        return (
            self._heldout_clips()
            .enumerate()
            .map(
                lambda number, clip: self._example(
                    clip, [EVALUATION_SEED, number], hidden
                ),
                num_parallel_calls=tf.data.AUTOTUNE,
            )
            .batch(self.training.batch_size)
            .prefetch(tf.data.AUTOTUNE)
        )

    def heldout_batches(self):
        """Whole held-out clips, in batches, as `PreparedClips` gives them."""
        return self._heldout_clips().batch(self.training.batch_size)

    def first_training_clips(self, count):
        """The first clips of training, in batches."""
        clips = self._training_clips(0).map(lambda number, clip: clip)
        return clips.take(count).batch(self.training.batch_size)

    def num_heldout(self):
        """Returns how many clips evaluation looks at."""
        return int(self._heldout_clips().cardinality())

    def baselines(self):
        return baselines.measure(self)

    def _training_clips(self, first_example, is_wanted=None):
        share = self.settings.heldout_share
        return self.clips.training_clips(
            self.training.seed,
            first_example,
            self.video_shape[0],
            WHOLE_TIME if share is None else (0.0, 1.0 - share),
            is_wanted,
        )

    def _heldout_clips(self):
        share = self.settings.heldout_share
        if share is None:
            clips = self.clips.heldout_clips(
                sources.VALIDATE, self.video_shape[0]
            )
        else:
            clips = self.clips.heldout_clips(
                sources.TRAIN,
                self.video_shape[0],
                (1.0 - share, 1.0),
                clips_per_record=None,
            )
        return clips.take(self.training.evaluation_examples or -1)

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

    def _description(self):
        if self.preparation.is_generated:
            return "generated clips, not real ones"
        return self.clips.summary["description"]

    def _check_settings(self):
        settings = self.settings
        for name in ("hide_label", "hide_video", "hide_audio"):
            flag = f"data.{name.replace('_', '-')}"
            check_share(flag, getattr(settings, name))
        share = settings.heldout_share
        if share is not None and not 0 < share < 1:
            raise ValueError(
                "--data.heldout-share takes a number between 0 and 1, or "
                f"none. Received: {share}"
            )
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
