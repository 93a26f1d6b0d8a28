"""Which library decodes the tracks of a file; PyAV takes all files apart."""

import os

from keras_perceiver import errors
from keras_perceiver.data.media import containers
from keras_perceiver.data.media import tensorflow_io_library
from keras_perceiver.data.media import tensorflow_io_pictures
from keras_perceiver.data.media import tensorflow_io_sound

PYAV = "av"
TENSORFLOW_IO = "tensorflow-io"
NAMES = (PYAV, TENSORFLOW_IO)


def check_name(name):
    """Raises `ValueError` for a decoder that there is not."""
    if name not in NAMES:
        raise errors.unknown("decoder", name, NAMES)


def check_installed(name):
    """Raises `ImportError`, with what cures it, if it cannot decode here."""
    errors.import_extra("av", "video")
    if name == TENSORFLOW_IO:
        tensorflow_io_library.load()


def begin_process(name):
    """Readies a process that does nothing but decode."""
    if name == TENSORFLOW_IO:
        tensorflow_io_library.be_quiet()
        # Its operations would take hold of a whole GPU.
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def decoded(name, container, stream, until):
    """Yields a track's frames in the order in which they are shown.

    Args:
        name: `PYAV` or `TENSORFLOW_IO`.
        container: of `containers.open_file`, where reading is to begin.
        stream: its video or audio track.
        until: the time in the file from which on nothing is wanted; more may
            be yielded.

    Yields:
        Pairs of a frame and "", or of None and a problem, for a packet that
        gives no frame.
    """
    if name == PYAV:
        return containers.decoded(container, stream)
    if stream.type == "video":
        return tensorflow_io_pictures.pictures(container, stream, until)
    return tensorflow_io_sound.sound(container, stream, until)
