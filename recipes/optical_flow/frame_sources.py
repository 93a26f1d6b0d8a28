"""Frames that follow one another, out of a folder or a video."""

import fractions

from keras_perceiver.data.flow_pairs.pair_files import read_frame
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.whole_frames import WholeFrames

FRAME_ENDINGS = (".png", ".jpg", ".jpeg", ".ppm", ".pgm", ".bmp", ".webp")
# A folder of frames does not say.
_USUAL_RATE = fractions.Fraction(25)


class FrameFolder:
    """Images in a folder, in the order of their names.

    A context manager, as `FrameVideo` is.

    Args:
        path: the folder.

    Attributes:
        frame_rate: frames per second, a fraction.
        count: how many frames there are, or None if it is not known.
    """

    frame_rate = _USUAL_RATE

    def __init__(self, path):
        self.path = path
        self._paths = sorted(
            file
            for file in path.iterdir()
            if file.suffix.lower() in FRAME_ENDINGS and file.is_file()
        )
        self.count = len(self._paths)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        pass

    def frames(self):
        """Yields names and frames, uint8 `(H, W, 3)`."""
        for path in self._paths:
            yield path.stem, read_frame(path)

    def problem(self):
        """Returns what was lost, in words, or ""."""
        return ""


class FrameVideo:
    """All frames of a video; used as a `FrameFolder` is.

    Args:
        path: the file.

    Raises:
        ValueError: if it is no video.
    """

    def __init__(self, path):
        self.path = path
        try:
            self._video = WholeFrames(path)
        except MediaError as error:
            raise ValueError(f"the video {path} {error}") from error
        self.frame_rate = self._video.frame_rate
        self.count = self._video.claimed_frames

    def __enter__(self):
        self._video.__enter__()
        return self

    def __exit__(self, *failure):
        self._video.__exit__(*failure)

    def frames(self):
        """Yields names and frames, uint8 `(H, W, 3)`."""
        try:
            for number, frame in enumerate(self._video):
                yield f"frame_{number:06d}", frame
        except MediaError as error:
            raise ValueError(f"the video {self.path} {error}") from error

    def problem(self):
        """Returns what was lost, in words, or ""."""
        return self._video.problem and f"{self.path} {self._video.problem}"
