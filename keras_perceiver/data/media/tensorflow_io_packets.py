"""Packets of a track, and copies of them that tensorflow-io decodes."""

import contextlib
import re

from keras_perceiver import errors
from keras_perceiver.data.media import containers
from keras_perceiver.data.media.media_format import MediaError

# What TensorFlow puts around its reasons.
_OPERATIONS = re.compile(r"\{\{.*?\}\}|\[Op:.*?\]|name: *$")


def demuxed(container, stream, until):
    """Yields packets and "", at last None and a problem if there is one."""
    av = errors.import_extra("av", "video")
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except IndexError:
            yield None, containers.NEW_TRACK
            return
        except av.error.FFmpegError as error:
            yield None, containers.words(error)
            return
        if packet is not None and packet.is_corrupt:
            yield None, containers.LOST_PARTS
            continue
        if packet is None or begin(packet) is None:  # What ends a track.
            return
        order = packet.dts if packet.dts is not None else packet.pts
        if order * stream.time_base >= until:
            return
        yield packet, ""


@contextlib.contextmanager
def copying(file, form, options, stream):
    """Yields a container in `file` and its only track, like `stream`."""
    av = errors.import_extra("av", "video")
    with av.open(file, "w", format=form, options=options) as copy:
        try:
            track = copy.add_stream_from_template(stream)
        except (ValueError, av.codec.codec.UnknownCodecError) as error:
            raise MediaError(
                "cannot be handed to tensorflow-io: "
                f"{containers.words(error)}. Leave the decoder at 'av'."
            ) from None
        yield copy, track
    if hasattr(file, "flush"):
        file.flush()


def begin(packet):
    """Returns when a packet of sound begins, in ticks; None for the end."""
    return packet.pts if packet.pts is not None else packet.dts


def words(error):
    """Returns an error's reason without the names of operations."""
    text = getattr(error, "message", None) or containers.words(error)
    return _OPERATIONS.sub("", text.split("\n")[0]).strip()
