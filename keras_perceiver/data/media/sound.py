"""The sound of a file, placed by its own times."""

import fractions

import numpy as np

from keras_perceiver import errors

# A quarter of a frame at 25 frames/s. Less is rounding of the times.
_GAP = fractions.Fraction(1, 100)
_LOUDEST = 2**15 - 1
# Of the samples; a loud recording touches the limit now and then.
_CLIPPED_SHARE = 0.01


class Sound:
    """16-bit samples on a line of time that may have gaps.

    Args:
        sample_rate: in Hz.
        max_samples: nothing is kept from there on.
    """

    def __init__(self, sample_rate, max_samples):
        self.sample_rate = sample_rate
        self.max_samples = max_samples
        self._runs = []

    def add(self, first, samples):
        """Places samples, int16 `(n,)`, at the whole number `first`."""
        samples = samples[max(0, -first) : max(0, self.max_samples - first)]
        if len(samples):
            self._runs.append((max(first, 0), samples))

    def __len__(self):
        return max((at + len(samples) for at, samples in self._runs), default=0)

    def between(self, first, count):
        """Returns int16 `(count,)` from sample `first` on, 0 in gaps."""
        result = np.zeros(count, np.int16)
        for at, samples in self._runs:
            begin = max(at, first)
            end = min(at + len(samples), first + count)
            if begin < end:
                result[begin - first : end - first] = samples[
                    begin - at : end - at
                ]
        return result


class Levels:
    """Tells of sound that is there and says little: silent, or cut off."""

    def __init__(self):
        self._num_samples = self._num_sounding = self._num_clipped = 0

    def add(self, samples):
        """Takes samples, int16 `(n,)`."""
        self._num_samples += len(samples)
        self._num_sounding += int(np.count_nonzero(samples))
        # Its lowest value has no counterpart, and has no absolute one either.
        at_limit = (samples >= _LOUDEST) | (samples <= -_LOUDEST)
        self._num_clipped += int(np.count_nonzero(at_limit))

    def remarks(self):
        """Returns a list of words that follow "the video"."""
        if not self._num_sounding:
            return ["has sound that is silent."]
        share = self._num_clipped / self._num_samples
        if share > _CLIPPED_SHARE:
            return [f"has clipped sound: {share:.1%} of it is at the limit."]
        return []


class Placer:
    """Resamples frames of PyAV to mono and places them by their times.

    What follows without a gap is resampled as one; after a gap, or where the
    format changes, the next frame's own time counts again.

    Args:
        sound: the `Sound` to fill.
        zero: the time of its sample 0 in the file, a fraction of seconds.
    """

    def __init__(self, sound, zero):
        self._av = errors.import_extra("av", "video")
        self._sound = sound
        self._zero = zero
        self._resampler = None
        self._format = None
        self._next = None  # Where the next frame begins if nothing is missing.
        self._place = 0

    def add(self, frame):
        """Takes a decoded frame; returns false if it lies after the end."""
        begin = self._next
        if frame.pts is not None:
            begin = frame.pts * fractions.Fraction(frame.time_base)
        if begin is None:
            begin = self._zero
        wanted = (frame.format.name, frame.layout.name, frame.sample_rate)
        is_continued = (
            self._resampler is not None
            and wanted == self._format
            and abs(begin - self._next) <= _GAP
        )
        if not is_continued:
            self.finish()
            place = round((begin - self._zero) * self._sound.sample_rate)
            if place >= self._sound.max_samples:
                return False
            self._place, self._next, self._format = place, begin, wanted
            # Into 16 bits several channels are mixed so that nothing clips.
            self._resampler = self._av.AudioResampler(
                format="s16", layout="mono", rate=self._sound.sample_rate
            )
        self._next += fractions.Fraction(frame.samples, frame.sample_rate)
        self._keep(self._resampler.resample(frame))
        return self._place < self._sound.max_samples

    def finish(self):
        """Keeps what the resampler still holds."""
        if self._resampler is not None:
            self._keep(self._resampler.resample(None))
            self._resampler = None

    def _keep(self, frames):
        for frame in frames:
            samples = frame.to_ndarray().reshape(-1)
            self._sound.add(self._place, samples)
            self._place += len(samples)
