"""What a record of a video holds.

| feature | what |
| --- | --- |
| `video/frames` | JPEG files, one for each frame |
| `audio/pcm` | 16-bit samples, little endian, mono |
| `audio/present` | 0 if the silence was filled in |
| `label` | the numbers of the classes; -1 alone for none |
| `name` | of the video |
| `video/first_frame` | the number of the first frame in the video |
| `video/num_frames` | frames in this record |
| `video/total_frames` | frames of the video in all records |
"""

import tensorflow as tf

FRAMES = "video/frames"
FIRST_FRAME = "video/first_frame"
NUM_FRAMES = "video/num_frames"
TOTAL_FRAMES = "video/total_frames"
PCM = "audio/pcm"
HAS_AUDIO = "audio/present"
LABEL = "label"
NAME = "name"


def example(name, labels, piece, jpegs, has_audio):
    """Returns a record without its total number of frames.

    Args:
        name: of the video.
        labels: numbers of its classes.
        piece: a `decode.Piece`.
        jpegs: its frames as files.
        has_audio: whether the video has sound.
    """
    feature = {
        FRAMES: _bytes(jpegs),
        PCM: _bytes([piece.audio.astype("<i2").tobytes()]),
        HAS_AUDIO: _integers([has_audio]),
        LABEL: _integers(labels or [-1]),
        NAME: _bytes([name.encode()]),
        FIRST_FRAME: _integers([piece.first_frame]),
        NUM_FRAMES: _integers([len(jpegs)]),
    }
    return tf.train.Example(
        features=tf.train.Features(feature=feature)
    ).SerializeToString(deterministic=True)


def with_total(record, total_frames):
    """Returns a record that knows how many frames its video has."""
    content = tf.train.Example.FromString(record)
    content.features.feature[TOTAL_FRAMES].CopyFrom(_integers([total_frames]))
    return content.SerializeToString(deterministic=True)


def parse(record):
    """Returns the features of a record by name, inside a graph."""
    integer = tf.io.FixedLenFeature([], tf.int64)
    return tf.io.parse_single_example(
        record,
        {
            FRAMES: tf.io.FixedLenSequenceFeature(
                [], tf.string, allow_missing=True
            ),
            PCM: tf.io.FixedLenFeature([], tf.string),
            HAS_AUDIO: integer,
            LABEL: tf.io.FixedLenSequenceFeature(
                [], tf.int64, allow_missing=True
            ),
            NAME: tf.io.FixedLenFeature([], tf.string),
            FIRST_FRAME: integer,
            NUM_FRAMES: integer,
            TOTAL_FRAMES: integer,
        },
    )


def _bytes(values):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


def _integers(values):
    numbers = tf.train.Int64List(value=map(int, values))
    return tf.train.Feature(int64_list=numbers)
