"""Opening media files of strangers, and the frames of a track."""

import collections
import contextlib
import fractions
import os
import re

from keras_perceiver import errors
from keras_perceiver.data.media.media_format import MediaError

# Containers alone: playlists would open other files and addresses.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,gif,"
    "mxf,nut,wav,mp3,flac,aac"
)
_PADDING = 2**20
# PyAV knows only the tracks at the begin, and is told an unknown number.
NEW_TRACK = "another track begins amid the file"
LOST_PARTS = "a packet has lost parts"
_CLOCK = re.compile(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d{1,9})?)")


def open_file(path):
    """Opens a file and nothing that it points to.

    Raises:
        MediaError: if it is no media file.
    """
    av = errors.import_extra("av", "video")
    try:
        # A name alone may be taken for an address.
        return av.open(
            f"file:{os.path.abspath(path)}",
            options={
                "format_whitelist": _CONTAINERS,
                "protocol_whitelist": "file",
            },
        )
    except (av.error.FFmpegError, UnicodeError) as error:
        raise MediaError(f"cannot be opened: {words(error)}.") from None


def video_tracks(container):
    """Returns the video tracks that are no pictures of a cover."""
    av = errors.import_extra("av", "video")
    return [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]


def video_track(container, max_pixels):
    """Returns the first video track that is no picture of a cover.

    Raises:
        MediaError: if there is none, or its frames are too large.
    """
    streams = video_tracks(container)
    if not streams:
        raise MediaError("has no video track.")
    context = streams[0].codec_context
    if context is None:
        raise MediaError("is stored by a codec that is not known here.")
    check_pixels(context.width, context.height, max_pixels)
    context.options = {
        # Also for frames that get larger on the way; decoders pad them.
        "max_pixels": str(2 * max_pixels + _PADDING),
        # Else damaged frames are mended by guesses and nobody is told.
        "err_detect": "explode",
    }
    _one_thread(streams[0])
    return streams[0]


def audio_track(container):
    """Returns the first audio track, None if there is none that is known."""
    streams = container.streams.audio
    if not streams or streams[0].codec_context is None:
        return None
    _one_thread(streams[0])
    return streams[0]


def first_time(container, stream):
    """Returns when a track begins in its file, a fraction of seconds."""
    if stream.start_time is not None:
        return stream.start_time * stream.time_base
    av = errors.import_extra("av", "video")
    return fractions.Fraction(container.start_time or 0, av.time_base)


def seek(container, stream, time):
    """Goes to a packet before a time, where the container can."""
    av = errors.import_extra("av", "video")
    # Where it cannot, reading goes on from where it is.
    with contextlib.suppress(av.error.FFmpegError):
        container.seek(int(time / stream.time_base), stream=stream)


def claimed_end(container, stream):
    """Returns when a track ends by what its file says; None if it does not."""
    if stream.duration is not None:
        length = stream.duration * stream.time_base
        return first_time(container, stream) + length
    # Matroska's, from time 0 of the file.
    found = _CLOCK.fullmatch(stream.metadata.get("DURATION", ""))
    if not found:
        return None
    hours, minutes, seconds = map(fractions.Fraction, found.groups())
    return hours * 3600 + minutes * 60 + seconds


def decoded(container, stream):
    """Yields each frame and "", or None and a problem for a packet without."""
    av = errors.import_extra("av", "video")
    packets = container.demux(stream)
    waiting = collections.deque()
    while True:
        try:
            packet = next(packets, None)
        except IndexError:
            yield None, NEW_TRACK
            return
        except av.error.FFmpegError as error:
            yield None, words(error)
            return
        if packet is None:
            return
        if packet.is_corrupt:
            # Decoders may show what is left of it.
            yield None, LOST_PARTS
            continue
        waiting.append(time_of(container, packet))
        try:
            frames = packet.decode()
        except av.error.EOFError:
            return
        except MemoryError:
            raise
        except av.error.FFmpegError as error:
            waiting.pop()
            yield None, words(error)
            continue
        for frame in frames:
            if _counts_packets(container, stream) and waiting:
                frame.pts = waiting.popleft()
            yield frame, ""


def time_of(container, packet):
    """Returns when a packet's frame is shown, in ticks; None if not told.

    Of containers that count packets, any packet's place in the order of those
    that are shown.
    """
    times = (packet.pts, packet.dts)
    if _counts_packets(container, packet.stream):
        times = times[::-1]
    return next((time for time in times if time is not None), None)


def _counts_packets(container, stream):
    """Whether frames are shown at the times of packets in their order.

    AVI knows no other times: those that FFmpeg guesses are out of order.
    """
    return stream.type == "video" and container.format.name == "avi"


def check_pixels(width, height, max_pixels):
    """Raises `MediaError` if a frame is too large."""
    if width * height > max_pixels:
        raise MediaError(
            f"has frames of {width} x {height} pixels, and at most "
            f"{max_pixels} in all are decoded. Raise max_pixels."
        )


def words(error):
    """Returns an error's reason without the path and the number."""
    return getattr(error, "strerror", None) or str(error)


def _one_thread(stream):
    # Files are read in parallel, not their frames.
    stream.codec_context.thread_count = 1
    stream.thread_type = "NONE"
