"""Clips with their tags, as training sees and hears them."""

import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.audio import log_mel_spectrogram
from keras_perceiver.data.image_augmentation.clip_views import training_view
from keras_perceiver.data.image_augmentation.crops import TrainingViews
from keras_perceiver.data.spec_augment import spec_augment
from recipes.audioset import baselines
from recipes.audioset.preparation import Preparation
from recipes.media_data import MediaData
from recipes.settings import resolved
from recipes.training_checks import check_share


class TagData(MediaData):
    """Clips of sound with video, each with its tags.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ImportError: if scikit-learn is not installed.
        ValueError: if a number is out of range or does not fit the model, or
            no clips are named.
    """

    generated = "generated sounds with generated video, not real ones"

    def __init__(self, configuration):
        # Scores need it, when training has begun already.
        errors.import_extra("sklearn", "data")
        model = resolved(configuration.model)
        settings = configuration.data
        video_shape = tuple(model["video_shape"])
        super().__init__(
            configuration,
            Preparation(settings, video_shape),
            video_shape,
            model["num_classes"],
        )
        self.balanced = settings.balanced
        # `(frames, bins)`, or None where the model reads waveforms.
        self.spectrogram_shape = model.get("spectrogram_shape")
        self.num_audio_samples = (
            video_shape[0] * self.media_format.samples_per_frame
        )
        self._check_settings(model.get("num_audio_samples"))
        self._views = TrainingViews(
            smallest_area=settings.smallest_crop, flip=settings.flip
        )

    def check(self):
        super().check()
        if not self.clips.class_names:
            raise ValueError(
                f"{self.clips.summary['description']} has no labels, and tags "
                "cannot be learned without. Name other clips with --data."
            )

    def training_example(self, number, clip):
        """What is dropped, covered and shown goes by the number."""
        settings, seed = self.settings, self.training.seed
        key = [seed + 1, number]
        chance_seed, mask_seed = tf.unstack(
            tf.random.experimental.stateless_split(key, 2)
        )
        chances = tf.random.stateless_uniform([2], chance_seed)
        video = training_view(
            clip["video"],
            seed + 1,
            number,
            self._views,
            settings.colour_strength,
        )
        # Of a clip without sound, nothing would be left.
        is_black = tf.logical_and(
            chances[0] < settings.drop_video, clip["has_audio"]
        )
        is_silent = tf.logical_and(
            chances[1] < settings.drop_audio, tf.logical_not(is_black)
        )
        inputs = self.model_inputs(
            tf.where(is_black, tf.zeros_like(video), video)[None],
            tf.where(is_silent, 0.0, clip["audio"])[None],
        )
        inputs = {name: values[0] for name, values in inputs.items()}
        if self.spectrogram_shape and settings.spectrogram_masks:
            inputs["audio"] = spec_augment(
                inputs["audio"],
                mask_seed,
                num_masks=settings.spectrogram_masks,
                longest_time=settings.longest_time_mask,
                widest_band=settings.widest_band_mask,
            )
        return inputs, tf.cast(clip["labels"], tf.float32)

    def heldout_example(self, number, clip):
        """As it is."""
        inputs = self.model_inputs(clip["video"][None], clip["audio"][None])
        inputs = {name: values[0] for name, values in inputs.items()}
        return inputs, tf.cast(clip["labels"], tf.float32)

    def model_inputs(self, video, audio):
        """Returns what the model takes, by name, inside a graph.

        Args:
            video: uint8 `(B, T, H, W, 3)`.
            audio: float32 `(B, num_audio_samples)`.
        """
        if self.spectrogram_shape:
            audio = log_mel_spectrogram(
                audio, *self.spectrogram_shape, self.media_format.sample_rate
            )
        return {"video": tf.cast(video, tf.float32) / 255, "audio": audio}

    def test_batches(self):
        """Overlapping clips of each held-out record, in batches."""
        clips = self.heldout_clips(self.settings.test_clips)
        return clips.batch(self.training.batch_size).prefetch(1)

    def baselines(self):
        return baselines.measure(self)

    def _check_settings(self, model_samples):
        settings = self.settings
        for name in (
            "drop_video",
            "drop_audio",
            "colour_strength",
            "longest_time_mask",
            "widest_band_mask",
        ):
            flag = f"data.{name.replace('_', '-')}"
            check_share(flag, getattr(settings, name))
        if settings.test_clips < 1 or settings.spectrogram_masks < 0:
            raise ValueError(
                "--data.test-clips takes 1 or more, --data.spectrogram-masks 0 "
                f"or more. Received: {settings.test_clips} and "
                f"{settings.spectrogram_masks}"
            )
        if model_samples not in (None, self.num_audio_samples):
            raise ValueError(
                f"{self.video_shape[0]} frames at "
                f"{settings.frames_per_second} frames/s last "
                f"{self.num_audio_samples:,} samples of "
                f"{settings.sample_rate:,} Hz, and the model takes "
                f"{model_samples:,}. Set --model.num-audio-samples "
                f"{self.num_audio_samples}, or another --data.sample-rate."
            )
