"""Clips of prepared videos, read with TensorFlow operations alone."""

import functools
import json
import pathlib

import numpy as np
import tensorflow as tf

from keras_perceiver import files
from keras_perceiver.data import record_folder
from keras_perceiver.data import record_sampling
from keras_perceiver.data import shards
from keras_perceiver.data.images import DCT_METHOD
from keras_perceiver.data.media import clip_starts
from keras_perceiver.data.media import record_features as features
from keras_perceiver.data.media import sources
from keras_perceiver.data.media.media_format import MediaFormat

# Published: 16 frames, and the 30,720 samples that belong to them.
NUM_FRAMES = 16
WHOLE = (0.0, 1.0)


class PreparedClips:
    """The clips of a folder that `records.prepare` wrote.

    A clip is a dictionary of tensors: `video` (uint8
    `(num_frames, size, size, 3)`), `audio` (float32
    `(num_frames * samples_per_frame,)` from -1 to 1), `label` (int64, the
    first of its classes, -1 for none), `labels` (bool `(num_classes,)`, all
    of its classes), `has_audio` (bool; false where the silence was filled
    in), `name` (string, of the video) and `first_frame` (int64, its number in
    the video).

    Args:
        folder: the folder.

    Attributes:
        media_format: the `MediaFormat` of all clips.
        class_names: list of strings.
        summary: what `summary.json` says.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).expanduser()
        self.summary = record_folder.read_summary(self.folder)
        self.media_format = MediaFormat(**self.summary["media_format"])
        self.class_names = self.summary["class_names"]

    def training_clips(
        self,
        seed,
        start=0,
        num_frames=NUM_FRAMES,
        part=WHOLE,
        is_wanted=None,
        balanced=False,
    ):
        """Returns an endless `tf.data.Dataset` of clips and their numbers.

        An epoch has one clip of each record, from a random start. Balanced,
        there are no epochs: records are drawn so that all classes come equally
        often, and those without a class never.

        Args:
            seed: of the order and the starts.
            start: the number of the first clip; clip `n` is the same wherever
                one starts.
            num_frames: of each clip.
            part: shares of a video's time between which clips lie.
            is_wanted: from a clip's number to whether it is made, inside a
                graph; None for all of them.
            balanced: whether classes come equally often.

        Returns:
            Pairs of an int64 number and a clip.
        """
        chosen, keep = self._usable(sources.TRAIN, num_frames, part)

        def clip(number, record):
            found = features.parse(record)
            lowest, highest = clip_starts.starts(found, num_frames, part)
            first = tf.random.stateless_uniform(
                (),
                tf.stack([tf.constant(seed, tf.int64), number]),
                lowest,
                highest + 1,
                tf.int64,
            )
            return number, self._cut(found, first, num_frames)

        if balanced:
            numbers = tf.data.Dataset.range(start, np.iinfo(np.int64).max)
            if is_wanted is not None:
                numbers = numbers.filter(is_wanted)
            return _parallel(self._drawn(chosen, keep, numbers, seed), clip)
        records = shards.shuffled(chosen, keep, seed, start)
        numbered = records.map(lambda _, record: record).enumerate(start)
        if is_wanted is not None:
            numbered = numbered.filter(lambda number, _: is_wanted(number))
        return _parallel(numbered, clip)

    def heldout_clips(
        self,
        split=sources.VALIDATE,
        num_frames=NUM_FRAMES,
        part=WHOLE,
        clips_per_record=1,
    ):
        """Returns a finite `tf.data.Dataset`, always the same.

        Args:
            split: `train`, `validate` or `test`.
            num_frames: of each clip.
            part: as `training_clips` takes it.
            clips_per_record: evenly spaced from the first start to the last,
                one in the middle; None for all that follow one another.
        """
        if clips_per_record is not None and clips_per_record < 1:
            raise ValueError(
                "At least one clip is cut from each record, or None for all. "
                f"Received: clips_per_record={clips_per_record}"
            )
        chosen, keep = self._usable(split, num_frames, part)
        records = shards.in_order(chosen, keep)
        counts = [
            self._num_clips(room, num_frames, clips_per_record)
            for room in self._rooms(split, num_frames, part)
            if room >= 0
        ]

        def starts(_, record):
            found = features.parse(record)
            lowest, highest = clip_starts.starts(found, num_frames, part)
            firsts = clip_starts.fixed_starts(
                lowest, highest, num_frames, clips_per_record
            )
            return tf.data.Dataset.from_tensor_slices(firsts).map(
                lambda first: (record, first)
            )

        def clip(record, first):
            return self._cut(features.parse(record), first, num_frames)

        clips = _parallel(records.flat_map(starts), clip)
        return clips.apply(tf.data.experimental.assert_cardinality(sum(counts)))

    def identity(self):
        """Returns a SHA-256 of which files were prepared, and how."""
        return files.sha256(self.folder / record_folder.PLAN)

    def num_records(self, split, num_frames=NUM_FRAMES, part=WHOLE):
        """Returns how many records have room for a clip."""
        rooms = self._rooms(split, num_frames, part)
        return sum(room >= 0 for room in rooms)

    def _usable(self, split, num_frames, part):
        """The records of a split, and which have room for a clip."""
        if num_frames < 1 or not 0 <= part[0] < part[1] <= 1:
            raise ValueError(
                "A clip has a frame or more, and lies in a part of the video "
                "between two shares from 0 to 1. Received: "
                f"num_frames={num_frames}, part={part}"
            )
        names, counts = self._files(split)
        keep = np.array(self._rooms(split, num_frames, part)) >= 0
        if not keep.any():
            splits = self.summary["records_of_split"]
            raise ValueError(
                f"No video of the split {split!r} in {self.folder} has "
                f"{num_frames} frames between {part[0]:.0%} and {part[1]:.0%} "
                f"of its time. Records by split: {splits}. Take fewer frames, "
                "another split, or hold out a part of each video's time."
            )
        return shards.RecordFiles(
            [str(self.folder / f"{name}.tfrecord") for name in names],
            names,
            [0] * len(names),
            counts,
        ), keep

    def _drawn(self, chosen, keep, numbers, seed):
        """Numbers and records, all classes equally often."""
        class_numbers = {name: i for i, name in enumerate(self.class_names)}
        videos = [self._notes[name] for name in chosen.names]
        labels = np.zeros((len(keep), len(self.class_names)), bool)
        of_records = [
            [class_numbers[label] for label in video["labels"]]
            for shard in videos
            for video in shard
            for _ in video["pieces"]
        ]
        for row, classes in enumerate(of_records):
            labels[row, classes] = keep[row]
        records = record_sampling.PlacedRecords(
            chosen.paths,
            [
                [size for video in shard for size in video["bytes"]]
                for shard in videos
            ],
        )
        # Another seed than that of the starts, which would go by the record.
        return record_sampling.drawn(
            records, record_sampling.class_weights(labels), numbers, ~seed
        )

    def _files(self, split):
        pieces = self._pieces
        names = [
            name
            for name in self.summary["shards"]
            if name.startswith(f"{split}-") and pieces[name]
        ]
        return names, [len(pieces[name]) for name in names]

    def _rooms(self, split, num_frames, part):
        """How far a clip can be moved in each record; negative if it cannot."""
        rooms = []
        for name in self._files(split)[0]:
            for first, count, total in self._pieces[name]:
                begin, end = clip_starts.bounds(first, count, total, part, np)
                rooms.append(int(end - num_frames - begin))
        return rooms

    @functools.cached_property
    def _pieces(self):
        """First frame, frames and frames of the video, of all records."""
        return {
            name: [
                (first, count, sum(count for _, count in video["pieces"]))
                for video in videos
                for first, count in video["pieces"]
            ]
            for name, videos in self._notes.items()
        }

    @functools.cached_property
    def _notes(self):
        """What is noted of the videos of each file."""
        return {
            name: json.loads((self.folder / f"{name}.json").read_text())[
                "videos"
            ]
            for name in self.summary["shards"]
        }

    @staticmethod
    def _num_clips(room, num_frames, clips_per_record):
        return clips_per_record or room // num_frames + 1

    def _labels(self, numbers):
        """True for the numbers that there are, -1 being none."""
        classes = tf.range(len(self.class_names), dtype=tf.int64)
        return tf.reduce_any(numbers[:, None] == classes, axis=0)

    def _cut(self, found, first, num_frames):
        size = self.media_format.size
        samples = self.media_format.samples_per_frame
        video = tf.map_fn(
            functools.partial(
                tf.io.decode_jpeg, channels=3, dct_method=DCT_METHOD
            ),
            found[features.FRAMES][first : first + num_frames],
            fn_output_signature=tf.uint8,
        )
        # Two bytes a sample.
        pcm = tf.strings.substr(
            found[features.PCM],
            tf.cast(2 * samples * first, tf.int32),
            2 * samples * num_frames,
        )
        audio = tf.cast(tf.io.decode_raw(pcm, tf.int16), tf.float32) / 2**15
        return {
            "video": tf.ensure_shape(video, (num_frames, size, size, 3)),
            "audio": tf.ensure_shape(audio, (num_frames * samples,)),
            "label": found[features.LABEL][0],
            "labels": self._labels(found[features.LABEL]),
            "has_audio": found[features.HAS_AUDIO] > 0,
            "name": found[features.NAME],
            "first_frame": found[features.FIRST_FRAME] + first,
        }


def _parallel(records, clip):
    return records.map(
        clip,
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
