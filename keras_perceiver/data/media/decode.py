"""Frames at exact times and the sound that belongs to them.

Time 0 is that of the first frame. Sound that begins later is silent before,
sound that begins earlier is cut. Of sound alone, time 0 is its begin.
"""

import dataclasses
import fractions
import math

import numpy as np

from keras_perceiver import errors
from keras_perceiver.data.media import containers
from keras_perceiver.data.media import decoders
from keras_perceiver.data.media import frames as frames_lib
from keras_perceiver.data.media import sound_track
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.media_format import MediaFormat
from keras_perceiver.data.media.timed_frames import Damage
from keras_perceiver.data.media.timed_frames import timed_frames

# What a file says of its length may be this much too long.
_SECONDS_CLAIMED = 0.5


@dataclasses.dataclass(frozen=True)
class Piece:
    """Frames in a row and their sound.

    Attributes:
        first_frame: its number, counted from the clip's start.
        frames: uint8 `(T, size, size, 3)`, RGB.
        audio: int16 `(T * samples_per_frame,)`.
    """

    first_frame: int
    frames: np.ndarray
    audio: np.ndarray


class VideoReader:
    """Reads a clip of a file from strangers, within limits.

    Args:
        path: the file.
        start: seconds from the first frame.
        end: seconds from the first frame; None for the whole file.
        media_format: a `MediaFormat`.
        limits: `Limits`.
        decoder: one of `decoders.NAMES`.
        sound_alone: whether a file without a video track is read too, with
            black frames.

    Attributes:
        has_audio: whether any sound was found; known after the first piece.
        claimed_frames: how many it has by what it says of its length; None
            until the first piece, and where it says nothing.
        problems: list of words that follow "the video", about what was lost;
            filled while pieces are read.
    """

    def __init__(
        self,
        path,
        start=0.0,
        end=None,
        media_format=None,
        limits=None,
        decoder=decoders.PYAV,
        sound_alone=False,
    ):
        self.path = str(path)
        self.start = _exact(start)
        self.end = None if end is None else _exact(end)
        self.media_format = media_format or MediaFormat()
        self.limits = limits or Limits()
        self.decoder = decoder
        self.sound_alone = sound_alone
        self.has_audio = False
        self.claimed_frames = None
        self.problems = []
        self._damage = Damage(self.problems)
        errors.import_extra("av", "video")
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise MediaError(
                f"is to be read from {start} to {end} s, which is no time."
            )

    def pieces(self, frames_per_piece):
        """Yields `Piece`s of so many frames, the last one maybe of fewer.

        Raises:
            MediaError: if there are no frames, or a limit is passed.
        """
        with containers.open_file(self.path) as container:
            if self.sound_alone and not containers.video_tracks(container):
                yield from self._black_pieces(container, frames_per_piece)
                return
            stream = containers.video_track(container, self.limits.max_pixels)
            zero = containers.first_time(container, stream) + self.start
            self._check_limit(container, stream, zero)
            sound = self._read_sound(zero)
            first_frame, pixels = 0, []
            for square in self._squares(container, stream, zero):
                pixels.append(square)
                if len(pixels) == frames_per_piece:
                    yield self._piece(first_frame, pixels, sound)
                    first_frame, pixels = first_frame + len(pixels), []
            if pixels:
                yield self._piece(first_frame, pixels, sound)
            count = first_frame + len(pixels)
            self._check_length(container, stream, zero, count)

    def _black_pieces(self, container, frames_per_piece):
        """Pieces of a file without frames, as long as its sound."""
        stream = containers.audio_track(container)
        if stream is None:
            raise MediaError("has no video track, and no sound.")
        zero = containers.first_time(container, stream) + self.start
        self._check_limit(container, stream, zero)
        sound = self._read_sound(zero)
        most = math.floor(self._most_seconds() * self.media_format.frame_rate)
        count = math.ceil(len(sound) / self.media_format.samples_per_frame)
        if count > most and self.end is None:
            raise MediaError(self._too_long())
        count = min(count, most)
        size = self.media_format.size
        for first in range(0, count, frames_per_piece):
            length = min(frames_per_piece, count - first)
            black = np.zeros((length, size, size, 3), np.uint8)
            yield self._piece(first, black, sound)
        self._check_length(container, stream, zero, count)

    def _check_limit(self, container, stream, zero):
        """Raises `MediaError` if the file itself says that it is too long."""
        known = [self._claimed_seconds(container, stream, zero)]
        if self.end is not None:
            known.append(self.end - self.start)
        known = [seconds for seconds in known if seconds is not None]
        if known and min(known) > self.limits.max_seconds:
            raise MediaError(self._too_long())
        if known:
            self.claimed_frames = round(
                min(known) * self.media_format.frame_rate
            )

    def _squares(self, container, stream, zero):
        """The squares of all frames that are wanted."""
        if self.start > 0 and self._is_found(zero):
            containers.seek(container, stream, zero)
        square = frames_lib.Squares(
            self.media_format.size,
            stream.sample_aspect_ratio or fractions.Fraction(1),
            self.limits.max_pixels,
        )
        shown = frames_lib.shown_at(
            self._timed_frames(container, stream, self.decoder, zero),
            zero,
            1 / self.media_format.frame_rate,
            None if self.end is None else zero + self.end - self.start,
        )
        most = self.limits.max_seconds * self.media_format.frame_rate
        for number, frame in enumerate(shown):
            if number >= most:
                raise MediaError(self._too_long())
            containers.check_pixels(
                frame.width, frame.height, self.limits.max_pixels
            )
            if not square.fits(frame.width, frame.height):
                raise MediaError(
                    f"has frames of {frame.width} x {frame.height} pixels, a "
                    "strip that gets too large when it is resized. Raise "
                    "max_pixels."
                )
            yield square(frame)

    def _is_found(self, zero):
        """Whether seeking leads to a key frame before `zero`.

        Some containers know no places of key frames.
        """
        with containers.open_file(self.path) as container:
            stream = containers.video_track(container, self.limits.max_pixels)
            containers.seek(container, stream, zero)
            first = next(
                self._timed_frames(container, stream, decoders.PYAV, zero), None
            )
            if first is None:
                return False
            begin, _, frame = first
            return bool(frame.key_frame) and begin <= zero

    def _timed_frames(self, container, stream, decoder, zero):
        # A second more: what is too long has to be noticed.
        until = zero + self._most_seconds() + 1
        frames = decoders.decoded(decoder, container, stream, until)
        return timed_frames(container, stream, frames, self._damage)

    def _read_sound(self, zero):
        sound, problems = sound_track.read_sound(
            self.path,
            zero,
            self._most_seconds(),
            self.media_format.sample_rate,
            self.decoder,
            is_begin=self.start == 0,
        )
        self.problems += problems
        return sound

    def _most_seconds(self):
        """How long what is read may be."""
        most = fractions.Fraction(self.limits.max_seconds)
        return most if self.end is None else min(most, self.end - self.start)

    def _piece(self, first_frame, pixels, sound):
        self.has_audio = len(sound) > 0
        samples = self.media_format.samples_per_frame
        audio = sound.between(first_frame * samples, len(pixels) * samples)
        return Piece(first_frame, np.asarray(pixels), audio)

    def _claimed_seconds(self, container, stream, zero):
        """How long the track says it is from `zero` on; None if it does not."""
        end = containers.claimed_end(container, stream)
        return None if end is None else end - zero

    def _check_length(self, container, stream, zero, count):
        if not count:
            where = f" from {float(self.start):g} s on" if self.start else ""
            raise MediaError(f"has no frames{where}{self._damage.at_first}.")
        claimed = self._claimed_seconds(container, stream, zero)
        if claimed is None or self._damage.ends_it:
            return
        if self.end is not None:
            claimed = min(claimed, self.end - self.start)
        seconds = count / self.media_format.frame_rate
        if claimed - seconds > _SECONDS_CLAIMED:
            self.problems.append(
                f"is cut off: it ends after {float(seconds):.2f} of "
                f"{float(claimed):.2f} s. What is there is used."
            )

    def _too_long(self):
        return (
            f"is longer than {self.limits.max_seconds:g} s, the most that is "
            "read. Raise max_seconds."
        )


def read_clip(
    path,
    start=0.0,
    end=None,
    media_format=None,
    limits=None,
    decoder=decoders.PYAV,
    sound_alone=False,
):
    """Reads all of a clip at once.

    Args:
        path: the file.
        start: seconds from the first frame.
        end: seconds from the first frame; None for the whole file.
        media_format: a `MediaFormat`; None for the published one.
        limits: `Limits`; None for the usual ones.
        decoder: one of `decoders.NAMES`.
        sound_alone: as `VideoReader` takes it.

    Returns:
        Frames, uint8 `(T, size, size, 3)`; sound, float32
        `(T * samples_per_frame,)` from -1 to 1, silent where there is none;
        and the `VideoReader`, which knows what was lost.

    Raises:
        MediaError: if there are no frames, or a limit is passed.
    """
    reader = VideoReader(
        path, start, end, media_format, limits, decoder, sound_alone
    )
    rate = reader.media_format.frame_rate
    (piece,) = reader.pieces(int(reader.limits.max_seconds * rate) + 2)
    return piece.frames, piece.audio.astype("float32") / 2**15, reader


def _exact(seconds):
    """A float as the decimal number that was meant."""
    return fractions.Fraction(seconds).limit_denominator(10**6)
