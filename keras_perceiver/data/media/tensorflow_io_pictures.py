"""Frames by tensorflow-io.

Its decoders tell no times, take what a file says of other files at its word,
and know few containers. So PyAV takes the file apart, and the track is decoded
from a copy of its packets, whose times are known.
"""

import dataclasses
import logging
import tempfile

import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.media import containers
from keras_perceiver.data.media import tensorflow_io_library
from keras_perceiver.data.media import tensorflow_io_packets as packets
from keras_perceiver.data.media.media_format import MediaError

# What takes any video track that FFmpeg 4 knows.
_VIDEO_COPY = "matroska"
# What tensorflow-io takes every picture for: not told, BT.601 of either kind.
_BT601 = (2, 5, 6)


def pictures(container, stream, until):
    """Yields the frames of a video track: see `decoders.decoded`.

    Raises:
        MediaError: if their times are not known. Damaged frames are mended
            by guesses, which nobody is told of.
    """
    tfio = tensorflow_io_library.load()
    # It calls what is deprecated.
    tf.get_logger().setLevel(logging.ERROR)
    with tempfile.TemporaryFile() as copy:
        first, times, problem = _copied(container, stream, until, copy)
        # A name that ends with this process, however it ends.
        path = f"/proc/self/fd/{copy.fileno()}"
        times.sort()
        number = 0
        try:
            for pixels in tfio.IODataset.from_ffmpeg(path, "v:0"):
                if number < len(times) and not times[number].is_hidden:
                    yield Frame(first, times[number], pixels.numpy()), ""
                number += 1
        except tf.errors.ResourceExhaustedError:
            raise MemoryError from None
        except tf.errors.OpError as error:
            raise MediaError(
                f"cannot be decoded by tensorflow-io: {packets.words(error)}. "
                "Leave the decoder at 'av'."
            ) from None
    if number != len(times):
        raise MediaError(
            f"gives {number:,} frames of {len(times):,} packets by "
            "tensorflow-io, so that their times are not known. Leave the "
            "decoder at 'av'."
        )
    if problem:
        yield None, problem


class Frame:
    """A decoded frame, with what is read of PyAV's.

    Args:
        first: the first frame of the track by PyAV, which tells how all of
            them are turned and what their colours mean.
        time: the `_Time` at which it is shown.
        pixels: uint8 `(H, W, 3)`.
    """

    is_corrupt = False
    dts = None

    def __init__(self, first, time, pixels):
        self.pts = time.begin
        self.duration = time.duration
        self.height, self.width = pixels.shape[:2]
        self.rotation = first.rotation
        self._pixels = pixels
        self._colorspace = int(first.colorspace)

    def reformat(self, width, height, form, interpolation):
        """Returns a frame of PyAV, resized, in the colours of the file."""
        av = errors.import_extra("av", "video")
        frame = av.VideoFrame.from_ndarray(self._pixels, format="rgb24")
        if self._colorspace not in _BT601:
            frame = frame.reformat(format="yuv444p", dst_colorspace="ITU601")
            frame.colorspace = self._colorspace
        return frame.reformat(width, height, form, interpolation=interpolation)


@dataclasses.dataclass(frozen=True, order=True)
class _Time:
    """When the frame of a packet is shown, in ticks, and whether it is."""

    begin: int
    duration: int
    is_hidden: bool


def _copied(container, stream, until, file):
    """Copies packets; returns PyAV's first frame, `_Time`s and a problem."""
    look, times, problem = _Look(stream), [], ""
    with packets.copying(file, _VIDEO_COPY, {}, stream) as (copy, track):
        for packet, problem in packets.demuxed(container, stream, until):
            if times and problem:
                break
            if problem or not (times or packet.is_keyframe):
                continue
            times.append(
                _Time(
                    containers.time_of(container, packet),
                    packet.duration or 0,
                    packet.is_discard,
                )
            )
            if packet.is_keyframe:
                look.at(packet)
            packet.stream = track
            copy.mux(packet)
    return look.first_frame(), times, problem


class _Look:
    """PyAV's look at the key frames: what all frames have in common."""

    def __init__(self, stream):
        self._context = stream.codec_context
        self._first = None
        self._av = errors.import_extra("av", "video")

    def at(self, packet):
        """Looks at a packet of a key frame; None for those still to come."""
        try:
            frames = self._context.decode(packet)
        except MemoryError:
            raise
        except self._av.error.FFmpegError as error:
            if self._first is not None:
                return
            raise MediaError(
                f"has a damaged key frame: {containers.words(error)}."
            ) from None
        for frame in frames:
            first = self._first = self._first or frame
            if (frame.width, frame.height) != (first.width, first.height):
                raise MediaError(
                    "changes the size of its frames, which tensorflow-io does "
                    "not notice. Leave the decoder at 'av'."
                )

    def first_frame(self):
        """Returns the first frame.

        Raises:
            MediaError: if there is none.
        """
        self.at(None)
        if self._first is None:
            raise MediaError("has no frames.")
        return self._first
