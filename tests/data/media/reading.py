"""Reading whole files in a small format."""

import pytest

from keras_perceiver.data.media import decode
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.media_format import MediaFormat
from tests.data.media import video_files

SMALL = MediaFormat(frames_per_second=25, size=32)


def read(path, **options):
    options.setdefault("media_format", SMALL)
    return decode.read_clip(path, **options)


def numbers(path, **options):
    return [video_files.number_of(frame) for frame in read(path, **options)[0]]


def message_of(path, **options):
    with pytest.raises(MediaError) as error:
        read(path, **options)
    return str(error.value)
