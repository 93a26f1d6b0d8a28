"""The sound track of a file, from one of its times on."""

import fractions

import numpy as np

from keras_perceiver import errors
from keras_perceiver.data.media import containers
from keras_perceiver.data.media import decoders
from keras_perceiver.data.media import sound as sound_lib

# Sound decoders need some of what comes before.
_SECONDS_BEFORE = fractions.Fraction(1, 2)


def read_sound(path, zero, seconds, sample_rate, decoder, is_begin):
    """Decodes the sound of a file from strangers.

    Args:
        path: the file.
        zero: the time in the file of sample 0, a fraction of seconds.
        seconds: how long what is read is at most, a fraction.
        sample_rate: in Hz.
        decoder: one of `decoders.NAMES`.
        is_begin: whether the file is read from its begin.

    Returns:
        A `Sound`, empty where there is none, and a list of words that follow
        "the video", on what was lost.
    """
    av = errors.import_extra("av", "video")
    sound = sound_lib.Sound(sample_rate, int(seconds * sample_rate) + 1)
    with containers.open_file(path) as container:
        stream = containers.audio_track(container)
        if stream is None:
            return sound, []
        if not is_begin:
            containers.seek(container, stream, zero - _SECONDS_BEFORE)
        placer = sound_lib.Placer(sound, zero)
        num_lost = num_bad = 0
        reason = ""
        frames = decoders.decoded(decoder, container, stream, zero + seconds)
        for frame, problem in frames:
            if problem:
                num_lost, reason = num_lost + 1, problem
            try:
                if frame is None:
                    continue
                num_bad += _silence_bad(frame)
                if not placer.add(frame):
                    break
            except (av.error.FFmpegError, ValueError) as error:
                return sound, [
                    "has sound that cannot be mixed: "
                    f"{containers.words(error)}. It is silent there."
                ]
        placer.finish()
    problems = []
    if num_lost:
        problems.append(
            f"has {num_lost:,} packets of sound that cannot be decoded: "
            f"{reason}. It is silent there."
        )
    if num_bad:
        problems.append(
            f"has sound with NaN or infinity in {num_bad:,} samples. It is "
            "silent there."
        )
    return sound, problems


def _silence_bad(frame):
    """Puts 0 for what is no number in a frame of PyAV; returns how many."""
    name = frame.format.name
    if not name.startswith(("flt", "dbl")):
        return 0
    planes, count = frame.layout.nb_channels, frame.samples
    if not frame.format.is_planar:
        planes, count = 1, count * planes
    num_bad = 0
    # Of eight channels PyAV counts more planes than there are, and its own
    # arrays of them end the process.
    for plane in frame.planes[:planes]:
        samples = np.frombuffer(plane, name[0], count)
        is_bad = ~np.isfinite(samples)
        samples[is_bad] = 0
        num_bad += int(is_bad.sum())
    return num_bad
