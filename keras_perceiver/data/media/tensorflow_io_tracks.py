"""Decoding by tensorflow-io, beside TensorFlow 2.16 and FFmpeg 4 alone.

Its decoders tell no times, take what a file says of other files at its word,
and know few containers. So PyAV takes the file apart, and each track is
decoded from a copy of its packets, whose times are known. The same packets
give the same pixels and, but for rounding, the same samples as with PyAV.
"""

import contextlib
import dataclasses
import fractions
import io
import logging
import math
import tempfile

import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.media import containers
from keras_perceiver.data.media import tensorflow_io_library
from keras_perceiver.data.media.media_format import MediaError

# What takes any video track that FFmpeg 4 knows.
_VIDEO_COPY = "matroska"
# By codec: the file that a track is copied to, options of the copy, and what
# reads it. A header of LAME's would have the decoder drop samples.
_AUDIO_COPIES = {
    "aac": ("mp4", {}, "decode_aac", {}),
    "mp3": ("mp3", {"write_xing": "0"}, "decode_mp3", {}),
    "mp3float": ("mp3", {"write_xing": "0"}, "decode_mp3", {}),
    "flac": ("flac", {}, "decode_flac", {"dtype": tf.int16}),
    "pcm_s16le": ("wav", {}, "decode_wav", {"dtype": tf.int16}),
}
_SAMPLE_FORMATS = {"float32": "flt", "int16": "s16"}
# More is a gap in the sound; less is rounding of the times.
_GAP = fractions.Fraction(1, 100)
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
        first, packets, problem = _copy_video(container, stream, until, copy)
        # A name that ends with this process, however it ends.
        path = f"/proc/self/fd/{copy.fileno()}"
        packets.sort()
        number = 0
        try:
            for pixels in tfio.IODataset.from_ffmpeg(path, "v:0"):
                if number < len(packets) and not packets[number].is_hidden:
                    yield Frame(first, packets[number], pixels.numpy()), ""
                number += 1
        except tf.errors.ResourceExhaustedError:
            raise MemoryError from None
        except tf.errors.OpError as error:
            raise MediaError(
                f"cannot be decoded by tensorflow-io: {_first_line(error)}. "
                "Leave the decoder at 'av'."
            ) from None
    if number != len(packets):
        raise MediaError(
            f"gives {number:,} frames of {len(packets):,} packets by "
            "tensorflow-io, so that their times are not known. Leave the "
            "decoder at 'av'."
        )
    if problem:
        yield None, problem


def sound(container, stream, until):
    """Yields the sound of a track in runs without a gap, as PyAV's frames."""
    av = errors.import_extra("av", "video")
    tfio = tensorflow_io_library.load()
    codec = stream.codec_context.name
    unknown = ""
    if codec not in _AUDIO_COPIES:
        unknown = f"tensorflow-io does not decode {codec}"
    elif codec == "aac" and stream.profile != "LC":
        unknown = f"tensorflow-io does not decode AAC of {stream.profile}"
    for run, problem in _runs(container, stream, until):
        problem = problem or unknown
        if not problem:
            try:
                yield _sound_frame(tfio, codec, stream, run), ""
                continue
            except tf.errors.ResourceExhaustedError:
                raise MemoryError from None
            except (tf.errors.OpError, av.error.FFmpegError) as error:
                problem = _first_line(error)
        for _ in run:
            yield None, problem


class Frame:
    """A decoded frame, with what is read of PyAV's.

    Args:
        first: the first frame of the track by PyAV, which tells how all of
            them are turned and what their colours mean.
        packet: the `_Packet` that it is shown for.
        pixels: uint8 `(H, W, 3)`.
    """

    is_corrupt = False
    dts = None

    def __init__(self, first, packet, pixels):
        self.pts = packet.time
        self.duration = packet.duration
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
class _Packet:
    """When the frame of a packet is shown, in ticks, and whether it is."""

    time: int
    duration: int
    is_hidden: bool


def _copy_video(container, stream, until, file):
    """Copies packets; returns PyAV's first frame, `_Packet`s and a problem."""
    av = errors.import_extra("av", "video")
    first, packets, problem = None, [], ""
    with _copying(file, _VIDEO_COPY, {}, stream) as (copy, track):
        for packet, problem in _demuxed(container, stream, until):
            if packets and problem:
                break
            if problem or not (packets or packet.is_keyframe):
                continue
            packets.append(
                _Packet(
                    containers.time_of(container, packet),
                    packet.duration or 0,
                    packet.is_discard,
                )
            )
            try:
                first = first or next(iter(packet.decode()), None)
            except MemoryError:
                raise
            except av.error.FFmpegError as error:
                raise MediaError(
                    f"has a damaged begin: {containers.words(error)}."
                ) from None
            packet.stream = track
            copy.mux(packet)
    first = first or next(iter(stream.codec_context.decode(None)), None)
    if first is None:
        raise MediaError("has no frames.")
    return first, packets, problem


def _sound_frame(tfio, codec, stream, run):
    """Decodes packets in a row to one frame of PyAV."""
    av = errors.import_extra("av", "video")
    form, options, decoder, wanted = _AUDIO_COPIES[codec]
    begin, skipped = _begin(run[0]), _num_skipped(run[0])
    size = stream.codec_context.frame_size
    file = io.BytesIO()
    with _copying(file, form, options, stream) as (copy, track):
        # The decoder of AAC leaves out the last packet.
        again = run[-1:] if codec == "aac" else []
        for number, packet in enumerate(run + again):
            packet.stream = track
            # As many samples are returned as the copy says; the file itself
            # counts rounded ones, and fewer in the last packet.
            if size:
                packet.time_base = fractions.Fraction(1, stream.rate)
                packet.pts = packet.dts = number * size
                packet.duration = size
            copy.mux(packet)
    samples = getattr(tfio.audio, decoder)(file.getvalue(), **wanted).numpy()
    samples = samples[skipped : size * len(run) or None]
    frame = av.AudioFrame.from_ndarray(
        samples.reshape(1, -1),
        format=_SAMPLE_FORMATS[samples.dtype.name],
        layout=stream.layout.name,
    )
    frame.sample_rate, frame.time_base = stream.rate, stream.time_base
    frame.pts = begin + round(skipped / stream.rate / stream.time_base)
    return frame


def _num_skipped(packet):
    """How many samples an encoder put before the sound."""
    if not packet.has_sidedata("skip_samples"):
        return 0
    return int.from_bytes(
        bytes(packet.get_sidedata("skip_samples"))[:4], "little"
    )


def _runs(container, stream, until):
    """Yields lists of packets without a gap, each with a problem or ""."""
    run, end = [], None
    for packet, problem in _demuxed(container, stream, until):
        if problem:
            yield [None], problem
            continue
        begin = _begin(packet)
        if run and (begin - end) * stream.time_base > _GAP:
            yield run, ""
            run = []
        run.append(packet)
        # A packet that says nothing of its length has no gap behind it.
        end = begin + packet.duration if packet.duration else math.inf
    if run:
        yield run, ""


def _demuxed(container, stream, until):
    """Yields packets and "", at last None and a problem if there is one."""
    av = errors.import_extra("av", "video")
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError as error:
            yield None, containers.words(error)
            return
        if packet is not None and packet.is_corrupt:
            yield None, containers.LOST_PARTS
            continue
        if packet is None or _begin(packet) is None:  # What ends a track.
            return
        order = packet.dts if packet.dts is not None else packet.pts
        if order * stream.time_base >= until:
            return
        yield packet, ""


@contextlib.contextmanager
def _copying(file, form, options, stream):
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


def _begin(packet):
    return packet.pts if packet.pts is not None else packet.dts


def _first_line(error):
    lines = str(getattr(error, "message", error)).splitlines()
    return lines[0] if lines else type(error).__name__
