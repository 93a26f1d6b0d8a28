"""All frames of a video as they are, without its sound."""

import fractions

from keras_perceiver.data.media import containers
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaError

# Where a file does not say.
_USUAL_RATE = 25


class WholeFrames:
    """Reads frame after frame of a file from strangers, within limits.

    A context manager.

    Args:
        path: the file.
        limits: `Limits`; None for the usual ones.

    Attributes:
        frame_rate: frames per second, a fraction; an average where they do
            not come evenly.
        claimed_frames: how many there are by what the file says, or None.
        problem: words that follow "the video" where it ended early, else "".
    """

    def __init__(self, path, limits=None):
        self.limits = limits or Limits()
        self.problem = ""
        self._container = containers.open_file(path)
        try:
            self._stream = containers.video_track(
                self._container, self.limits.max_pixels
            )
        except BaseException:
            self._container.close()
            raise
        self.frame_rate = fractions.Fraction(
            self._stream.average_rate or _USUAL_RATE
        )
        self.claimed_frames = self._stream.frames or None

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self._container.close()

    def __iter__(self):
        """Yields frames, uint8 `(H, W, 3)`, until the end or a damage.

        Raises:
            MediaError: if a limit is passed.
        """
        most = self.limits.max_seconds * self.frame_rate
        frames = containers.decoded(self._container, self._stream)
        for number, (frame, problem) in enumerate(frames):
            if problem or frame.is_corrupt:
                self.problem = (
                    "is damaged: "
                    f"{problem or 'a frame has lost parts'}. What comes "
                    "before is used."
                )
                return
            if number >= most:
                raise MediaError(
                    f"is longer than {self.limits.max_seconds:g} s, the most "
                    "that is read. Raise max_seconds."
                )
            containers.check_pixels(
                frame.width, frame.height, self.limits.max_pixels
            )
            yield frame.to_ndarray(format="rgb24")
