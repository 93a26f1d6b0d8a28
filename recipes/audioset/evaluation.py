"""Held-out tags: the mean answer to overlapping clips of each video."""

import tensorflow as tf

from recipes.audioset.metrics import ClipScores
from recipes.audioset.metrics import measured
from recipes.audioset.tagger import tagger


def measure(model, data, hidden=()):
    """Returns the held-out numbers of a model.

    Args:
        model: a classifier of clips.
        data: the `TagData`.
        hidden: what is not given: `"video"` is black then, `"audio"` silent.

    Returns:
        What `metrics.measured` does.
    """
    return measured(*scores_of(model, data, hidden))


def scores_of(model, data, hidden=()):
    """Returns labels, bool, and mean probabilities `(videos, num_classes)`."""
    scores = ClipScores(data.num_classes)
    probabilities = probabilities_of(model, data, hidden)
    for clips in data.test_batches():
        scores.add(
            clips["name"].numpy(),
            clips["labels"].numpy(),
            probabilities(clips["video"], clips["audio"]).numpy(),
        )
    return scores.table()


def probabilities_of(model, data, hidden=()):
    """Returns a function from video and audio to probabilities.

    Args:
        model: a classifier of clips.
        data: the `TagData`.
        hidden: as `measure` takes it.
    """
    task = tagger(model, data.media_format)

    @tf.function
    def probabilities(video, audio):
        if "video" in hidden:
            video = tf.zeros_like(video)
        if "audio" in hidden:
            audio = tf.zeros_like(audio)
        return task.probabilities(audio, video)[0]

    return probabilities
