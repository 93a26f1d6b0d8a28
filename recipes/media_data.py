"""Clips of videos and sounds, as recipes of them train and evaluate."""

import tensorflow as tf

from keras_perceiver.data.media import sources
from keras_perceiver.data.media.clips import WHOLE as WHOLE_TIME
from keras_perceiver.training.strategies import WHOLE
from recipes.class_agreement import check_number
from recipes.recipe import RecipeData


class MediaData(RecipeData):
    """Clips of prepared videos; recipes fill in what an example is.

    Args:
        configuration: the recipe's configuration, with `MediaSettings` for
            its `data`.
        preparation: a `MediaPreparation`.
        video_shape: of a clip, `(T, H, W, 3)`.
        num_classes: of the model.

    Attributes:
        generated: what generated clips are called.
        balanced: whether training draws all classes equally often.

    Raises:
        ValueError: if the held-out share is none.
    """

    generated = "generated clips, not real ones"
    balanced = False

    def __init__(self, configuration, preparation, video_shape, num_classes):
        self.settings = configuration.data
        self.training = configuration.training
        self.preparation = preparation
        self.video_shape = video_shape
        self.num_classes = num_classes
        self._opened = None
        share = self.settings.heldout_share
        if share is not None and not 0 < share < 1:
            raise ValueError(
                "--data.heldout-share takes a number between 0 and 1, or "
                f"none. Received: {share}"
            )

    def training_example(self, number, clip):
        """Returns what the model trains on, of a clip and its number."""
        raise NotImplementedError

    def heldout_example(self, number, clip):
        """Returns what the model is evaluated on, of a clip and its number."""
        raise NotImplementedError

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
        told = ("skipped", "silent", "used_in_part", "used_as_they_are")
        if any(summary[name] for name in told):
            problems = self.preparation.folder / "problems.csv"
            print(f"what was wrong with which: {problems}")

    def check(self):
        """Raises `ValueError` unless training can read its first example."""
        names, summary = self.clips.class_names, self.clips.summary
        if names:
            check_number(self.num_classes, names, summary["description"])
        has_heldout = sources.VALIDATE in summary["records_of_split"]
        if self.settings.heldout_share is None and not has_heldout:
            raise ValueError(
                f"None of {summary['description']} is held out. "
                "Hold out the end of each video with --data.heldout-share 0.3, "
                "or put some videos into a folder `val` beside `train`."
            )
        self._training_clips(0)
        self.heldout_clips()

    def record(self):
        """Returns JSON that identifies the data."""
        summary = self.clips.summary
        return {
            "description": self._description(),
            "videos": summary["videos"],
            "seconds_of_split": summary["seconds_of_split"],
            "sha256": self.clips.identity(),
        }

    def describe(self):
        """Returns lines for people."""
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

        return (
            self._training_clips(first_example, is_wanted)
            .map(self.training_example, tf.data.AUTOTUNE)
            .batch(size // share.count, drop_remainder=True)
            .prefetch(tf.data.AUTOTUNE)
        )

    def evaluation_dataset(self):
        """Held-out batches, the same ones every time."""
        return (
            self.heldout_clips()
            .enumerate()
            .map(self.heldout_example, tf.data.AUTOTUNE)
            .batch(self.training.batch_size)
            .prefetch(tf.data.AUTOTUNE)
        )

    def heldout_batches(self):
        """Whole held-out clips, in batches, as `PreparedClips` gives them."""
        return self.heldout_clips().batch(self.training.batch_size)

    def first_training_clips(self, count):
        """The first clips of training, in batches; as frequent as they are."""
        clips = self._training_clips(0, balanced=False)
        clips = clips.map(lambda number, clip: clip)
        return clips.take(count).batch(self.training.batch_size)

    def num_heldout(self):
        """Returns how many clips evaluation looks at."""
        return int(self.heldout_clips().cardinality())

    def heldout_clips(self, clips_per_record=None):
        """The held-out clips one by one.

        Args:
            clips_per_record: evenly spaced ones; None for one of each video
                that is held out, or for all in the held-out part of each.
        """
        share = self.settings.heldout_share
        examples = self.training.evaluation_examples
        if share is None:
            clips = self.clips.heldout_clips(
                sources.VALIDATE,
                self.video_shape[0],
                clips_per_record=clips_per_record or 1,
            )
        else:
            clips = self.clips.heldout_clips(
                sources.TRAIN,
                self.video_shape[0],
                (1.0 - share, 1.0),
                clips_per_record=clips_per_record,
            )
        if examples is None:
            return clips
        return clips.take(examples * (clips_per_record or 1))

    def _training_clips(self, first_example, is_wanted=None, balanced=None):
        share = self.settings.heldout_share
        return self.clips.training_clips(
            self.training.seed,
            first_example,
            self.video_shape[0],
            WHOLE_TIME if share is None else (0.0, 1.0 - share),
            is_wanted,
            self.balanced if balanced is None else balanced,
        )

    def _description(self):
        if self.preparation.is_generated:
            return self.generated
        return self.clips.summary["description"]
