"""Held-out clips with their tags, for people to see."""

import tensorflow as tf

from keras_perceiver.visualization import tagged_clips
from recipes.audioset.answer import likeliest

NUM_CLIPS = 4


def sample(task, data):
    """Returns a PNG: held-out clips, and what the model hears in them.

    Args:
        task: a `TagAudio`.
        data: the `TagData`.
    """
    batches = data.heldout_batches().unbatch().batch(NUM_CLIPS)
    clips = next(batches.as_numpy_iterator())
    chances, _ = task.probabilities(
        tf.constant(clips["audio"]), tf.constant(clips["video"])
    )
    names = data.class_names
    return tagged_clips.draw(
        clips["video"],
        clips["audio"],
        data.media_format.sample_rate,
        [likeliest(names, own) for own in chances.numpy()],
        [
            [name for name, has in zip(names, own, strict=True) if has]
            for own in clips["labels"]
        ],
    )
