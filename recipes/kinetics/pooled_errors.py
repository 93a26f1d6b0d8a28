"""How far a whole video is from its reconstruction, clip by clip."""

import math

import numpy as np

_BRIGHTEST = 255


def psnr(squared_error, count):
    """Returns the peak signal-to-noise ratio in dB of a peak of 1.

    Args:
        squared_error: the sum of it.
        count: how many numbers it is the sum of.

    Returns:
        A float, or None where there is no error.
    """
    if squared_error == 0:
        return None
    return -10 * math.log10(squared_error / count)


def in_decibels(ratio):
    """Writes what `psnr` returned, for people."""
    return "exact" if ratio is None else f"{ratio:.2f} dB"


class PooledErrors:
    """Squared errors of all frames and samples, and of what is known without.

    The mean frame of the whole video and silence need no model; what is
    reconstructed should be nearer than they are.
    """

    def __init__(self):
        self.num_frames = 0
        self._num_pixels = self._num_samples = 0
        self._video = self._audio = self._silence = 0.0
        # Whole numbers, so that what rests has an error of exactly 0.
        self._sum = self._sum_of_squares = 0

    def add(self, video, audio, our_video, our_audio):
        """Takes a clip and its reconstruction.

        Args:
            video: uint8 `(T, H, W, 3)`.
            audio: float32 `(num_samples,)` from -1 to 1.
            our_video: of the form of `video`.
            our_audio: of the form of `audio`.
        """
        levels = video.astype("int64")
        self.num_frames += len(video)
        self._num_pixels += video.size
        self._num_samples += audio.size
        self._video += int(np.sum((levels - our_video) ** 2)) / _BRIGHTEST**2
        self._sum = self._sum + levels.sum(axis=0)
        self._sum_of_squares = self._sum_of_squares + (levels**2).sum(axis=0)
        samples = audio.astype("float64")
        self._audio += float(np.sum((samples - our_audio) ** 2))
        self._silence += float(np.sum(samples**2))

    @property
    def video_psnr(self):
        """Of the reconstructed frames."""
        return psnr(self._video, self._num_pixels)

    @property
    def audio_psnr(self):
        """Of the reconstructed sound."""
        return psnr(self._audio, self._num_samples)

    @property
    def mean_frame_psnr(self):
        """Of the mean of all frames, in place of each."""
        # The sum of squares around the mean, once for each frame.
        spread = self.num_frames * self._sum_of_squares - self._sum**2
        squared_error = float(spread.sum()) / self.num_frames / _BRIGHTEST**2
        return psnr(squared_error, self._num_pixels)

    @property
    def silence_psnr(self):
        """Of silence in place of the sound."""
        return psnr(self._silence, self._num_samples)
