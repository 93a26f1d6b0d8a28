"""What may be wrong with a video, where a process of its own reads it."""

from keras_perceiver import errors
from keras_perceiver.data import own_process
from keras_perceiver.data.media import containers

own_process.preload("keras_perceiver.data.media.isolated", "av")


def fault(error, limits):
    """Returns in words why a video gives nothing; None if not its fault.

    Args:
        error: what was raised in a child.
        limits: `Limits`.
    """
    words = own_process.fault(error, limits)
    if words is not None:
        return words
    av = errors.import_extra("av", "video")
    if isinstance(error, av.error.FFmpegError):
        return f"cannot be read: {containers.words(error)}."
    return None
