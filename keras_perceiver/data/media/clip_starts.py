"""Where clips may begin in a record."""

import tensorflow as tf

from keras_perceiver.data.media import record_features as features


def bounds(first, count, total, part, maths):
    """Returns which frames of a record lie in a part of its video's time.

    Args:
        first: the number of the record's first frame in the video.
        count: frames of the record.
        total: frames of the video.
        part: two shares of its time.
        maths: NumPy or `tf.math`, whichever has the numbers.

    Returns:
        The first of the record's frames, and the one behind the last.
    """
    begin = maths.ceil(part[0] * total) - first
    end = maths.floor(part[1] * total) - first
    return maths.maximum(begin, 0), maths.minimum(end, count)


def starts(found, num_frames, part):
    """Returns the first and the last start of a clip in a record, int64.

    Args:
        found: the record's features.
        num_frames: of the clip.
        part: two shares of the video's time.
    """
    first, count, total = (
        tf.cast(found[name], tf.float64)
        for name in (
            features.FIRST_FRAME,
            features.NUM_FRAMES,
            features.TOTAL_FRAMES,
        )
    )
    begin, end = bounds(first, count, total, part, tf.math)
    return tf.cast(begin, tf.int64), tf.cast(end, tf.int64) - num_frames


def fixed_starts(lowest, highest, num_frames, clips_per_record):
    """Returns the starts of held-out clips, int64.

    Args:
        lowest: the first start.
        highest: the last one.
        num_frames: of a clip.
        clips_per_record: evenly spaced ones, a single one in the middle; None
            for all that follow one another.
    """
    if clips_per_record is None:
        return tf.range(lowest, highest + 1, num_frames)
    if clips_per_record == 1:
        return tf.stack([(lowest + highest) // 2])
    steps = tf.range(clips_per_record, dtype=tf.int64)
    return lowest + steps * (highest - lowest) // (clips_per_record - 1)
