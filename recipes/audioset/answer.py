"""What `predict` says of files of videos and sounds."""

import contextlib
import pathlib

import numpy as np
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.media.isolated_reader import IsolatedReader
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.sound import Levels
from keras_perceiver.data.media.windows import overlapping
from keras_perceiver.visualization import tagged_clips
from recipes.audioset.tagger import media_format_of
from recipes.picture_option import split_picture
from recipes.picture_option import write_picture
from recipes.reading_progress import ReadingProgress

_NUM_NAMED = 5


def answer(task, words):
    """Tags files of videos or of sound alone, and returns the tags as lines.

    Args:
        task: a `TagAudio`, its model as a run keeps it.
        words: paths of files; of one with `--picture PATH.png` too, which
            gets the clip that was answered most surely, with its tags.
    """
    paths, picture = split_picture(words, of_one="file")
    if not paths:
        raise ValueError("predict takes videos or sounds. Received: none")
    media_format = media_format_of(task.model)
    lines = []
    for path in map(pathlib.Path, paths):
        try:
            found = _TaggedFile(task, path, media_format)
        except MediaError as problem:
            raise MediaError(f"{path}: the video {problem}") from None
        lines += [str(path), *found.lines()]
        if picture:
            lines.append(write_picture(picture, found.picture()))
    return "\n".join(lines)


class _TaggedFile:
    """The mean answer to the overlapping clips of a file."""

    def __init__(self, task, path, media_format):
        self._names = task.labels.class_names
        self._sample_rate = media_format.sample_rate
        self._surest = None
        levels, answers = Levels(), []
        probabilities = tf.function(task.probabilities)
        reader = IsolatedReader(path, media_format, sound_alone=True)
        progress = ReadingProgress(reader, "tagging")
        num_frames = task.video_shape[0]
        step = max(1, num_frames // 2)
        with contextlib.closing(reader.pieces(step)) as pieces:
            for frames, samples in overlapping(
                pieces, num_frames, media_format.samples_per_frame
            ):
                levels.add(samples)
                audio = samples.astype("float32") / 2**15
                found, _ = probabilities(audio[None], frames[None])
                answers.append(found.numpy()[0])
                self._keep_surest(answers[-1], frames, audio)
                progress.add(step)
        self._mean = np.mean(answers, axis=0)
        self._count = len(answers)
        self._remarks = levels.remarks() if reader.has_audio else []
        self._remarks += reader.problems
        if not reader.has_audio:
            self._remarks.append("has no sound.")

    def lines(self):
        """Returns the likeliest tags, and what was wrong with the file."""
        for name, probability in self._likeliest(self._mean):
            yield f"  {probability:>6.1%}  {name}"
        yield f"  the mean of {self._count:,} clips, each over half the next"
        for remark in self._remarks:
            yield f"  the video {errors.printable(remark)}"

    def picture(self):
        """Returns the bytes of a PNG."""
        chances, frames, audio = self._surest
        return tagged_clips.draw(
            [frames],
            [audio],
            self._sample_rate,
            [self._likeliest(chances)],
            [None],
        )

    def _likeliest(self, chances):
        return likeliest(self._names, chances)

    def _keep_surest(self, chances, frames, audio):
        if self._surest is None or chances.max() > self._surest[0].max():
            self._surest = chances, frames, audio


def likeliest(names, chances):
    """Returns pairs of a name and a probability, best first, a few.

    Args:
        names: of all classes.
        chances: `(num_classes,)`.
    """
    order = np.argsort(-chances, kind="stable")[:_NUM_NAMED]
    return [(names[number], float(chances[number])) for number in order]
