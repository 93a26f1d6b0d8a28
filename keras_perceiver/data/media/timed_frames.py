"""When each frame of a track is shown, as far as the track is whole."""

import dataclasses
import fractions

from keras_perceiver.data.media import containers


@dataclasses.dataclass
class Damage:
    """What was lost of a track.

    Attributes:
        problems: list of words that follow "the video"; more are added.
        at_first: words on what cannot be decoded before anything can.
        ends_it: whether frames behind the first were lost, and all later ones.
    """

    problems: list
    at_first: str = ""
    ends_it: bool = False


def timed_frames(container, stream, frames, damage):
    """Yields times, durations and frames until the end or the first damage.

    Args:
        container: of PyAV.
        stream: the track in it.
        frames: of the track and problems, as `decoders.decoded` yields them.
        damage: a `Damage`, which is told what is lost.

    Yields:
        Fractions of seconds, in the time of the file, and a frame of PyAV.
    """
    tick = fractions.Fraction(stream.time_base)
    usual = 1 / fractions.Fraction(stream.average_rate or 25)
    next_begin = None
    for frame, problem in frames:
        if not problem and frame.is_corrupt:
            problem = "a frame has lost parts"
        if problem:
            if next_begin is None:
                # A recording may begin amid a group of pictures.
                damage.at_first = f" that can be decoded: {problem}"
                continue
            damage.ends_it = True
            damage.problems.append(
                f"is damaged: {problem}. What comes before is used."
            )
            return
        stamp = frame.pts if frame.pts is not None else frame.dts
        begin = next_begin if stamp is None else stamp * tick
        if begin is None:
            begin = containers.first_time(container, stream)
        duration = frame.duration * tick if frame.duration else usual
        next_begin = begin + duration
        yield begin, duration, frame
