"""What is made of every video, and what is borne from a file."""

import dataclasses
import fractions

from keras_perceiver.data.own_process import FileError

# The published ones: 1,920 samples belong to a frame.
FRAMES_PER_SECOND = 25
SIZE = 224
SAMPLE_RATE = 48_000


class MediaError(FileError):
    """Why a file gives no clips, in words that follow "the video"."""


@dataclasses.dataclass(frozen=True)
class MediaFormat:
    """What all prepared videos have in common.

    Attributes:
        frames_per_second: a whole number or a fraction such as "30000/1001".
        size: of the square frames, in pixels.
        sample_rate: of the sound, in Hz; whole samples belong to a frame.
    """

    frames_per_second: int | str = FRAMES_PER_SECOND
    size: int = SIZE
    sample_rate: int = SAMPLE_RATE

    def __post_init__(self):
        try:
            rate = fractions.Fraction(self.frames_per_second)
        except (TypeError, ValueError, ZeroDivisionError):
            rate = fractions.Fraction(0)
        if rate <= 0 or self.size < 1 or self.sample_rate < 1:
            raise ValueError(
                "Frames per second, size and sample rate are positive. "
                f"Received: {self}"
            )
        if (self.sample_rate / rate).denominator != 1:
            raise ValueError(
                "As many samples belong to each frame: the sample rate is a "
                "multiple of the frames per second. Received: "
                f"{self.sample_rate} Hz and {self.frames_per_second} frames/s"
            )

    @property
    def frame_rate(self):
        """Frames per second as an exact fraction."""
        return fractions.Fraction(self.frames_per_second)

    @property
    def samples_per_frame(self):
        """How many samples belong to a frame."""
        return int(self.sample_rate / self.frame_rate)


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a file may ask for; it is skipped where it asks for more.

    Attributes:
        max_pixels: of a frame, as it is stored.
        max_seconds: of what is read of a video.
        max_memory_bytes: of the process that reads it.
        max_waiting_seconds: until a file has been read.
    """

    max_pixels: int = 2**25
    max_seconds: float = 1200.0
    max_memory_bytes: int = 2**31
    max_waiting_seconds: float = 1200.0

    def __post_init__(self):
        for field in dataclasses.fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(
                    f"{field.name} is positive. Received: "
                    f"{getattr(self, field.name)}"
                )
