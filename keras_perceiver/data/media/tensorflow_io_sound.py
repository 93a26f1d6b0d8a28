"""Sound by tensorflow-io: the same samples as by PyAV, but for rounding."""

import fractions
import io
import math

import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.media import tensorflow_io_library
from keras_perceiver.data.media import tensorflow_io_packets as packets

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


class _ChannelsError(Exception):
    """There are other channels than the file says."""


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
            except (
                tf.errors.OpError,
                av.error.FFmpegError,
                _ChannelsError,
            ) as error:
                problem = packets.words(error)
        for _ in run:
            yield None, problem


def _sound_frame(tfio, codec, stream, run):
    """Decodes packets in a row to one frame of PyAV."""
    av = errors.import_extra("av", "video")
    form, options, decoder, wanted = _AUDIO_COPIES[codec]
    begin, skipped = packets.begin(run[0]), _num_skipped(run[0])
    size = stream.codec_context.frame_size
    file = io.BytesIO()
    with packets.copying(file, form, options, stream) as (copy, track):
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
    if samples.shape[1] != stream.layout.nb_channels:
        raise _ChannelsError(
            f"tensorflow-io gives {samples.shape[1]} channels of "
            f"{stream.layout.nb_channels}"
        )
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
    for packet, problem in packets.demuxed(container, stream, until):
        if problem:
            yield [None], problem
            continue
        begin = packets.begin(packet)
        if run and (begin - end) * stream.time_base > _GAP:
            yield run, ""
            run = []
        run.append(packet)
        # A packet that says nothing of its length has no gap behind it.
        end = begin + packet.duration if packet.duration else math.inf
    if run:
        yield run, ""
