"""Writing videos with sound, piece by piece, by PyAV's own encoders."""

import contextlib
import fractions
import os
import pathlib

import numpy as np

from keras_perceiver import errors
from keras_perceiver import files
from keras_perceiver.data.media.media_format import MediaFormat

# H.264's quality, where 0 is lossless and 23 usual: what is read again lies
# within a few grey levels.
_CONSTANT_RATE_FACTOR = 12
# Faster ones make larger files, slower ones hardly smaller.
_PRESET = "veryfast"
_AUDIO_BITS_PER_SECOND = 128_000
# The colours that readers take for granted where a file does not name them.
_BT601 = 6
_LIMITED_RANGE = 1


class VideoWriter:
    """Writes an mp4, H.264 and AAC, that is there as soon as it is whole.

    A context manager. If the block raises, `path` stays as it was. Memory
    does not grow with the video.

    ```
    with VideoWriter("a.mp4", frames_per_second=25, sample_rate=48_000,
                     size=(96, 96)) as writer:
        writer.write(frames, audio)
    ```

    H.264 has colours for squares of 2 x 2 pixels: an odd height or width grows
    by a pixel, a copy of its neighbour. Sound of a rate that AAC does not have
    is resampled to the next one that it has.

    Args:
        path: a file that ends in `.mp4`, in a folder that exists.
        frames_per_second: a whole number or a fraction such as "30000/1001".
        sample_rate: of the sound, in Hz; whole samples belong to a frame.
        size: height and width of the frames, in pixels.

    Raises:
        ValueError: if the path ends otherwise, or the numbers do not fit.
        OSError: if the folder is missing or cannot be written to.
    """

    def __init__(self, path, *, frames_per_second, sample_rate, size):
        self.path = pathlib.Path(path).expanduser()
        self.size = _checked_size(size)
        self._rates = MediaFormat(frames_per_second, 1, sample_rate)
        self._av = errors.import_extra("av", "video")
        self._reformatter = self._av.video.reformatter.VideoReformatter()
        self._stack = self._container = self._picture = self._sound = None
        self._count = 0
        _check_path(self.path)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            temporary = stack.enter_context(files.replacing(self.path))
            self._container = stack.enter_context(
                self._av.open(f"file:{temporary.absolute()}", "w", format="mp4")
            )
            self._picture = self._picture_track()
            self._sound = self._sound_track()
            stack.push(self._finish)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *failure):
        return self._stack.__exit__(*failure)

    def write(self, frames, audio):
        """Writes what comes next.

        Args:
            frames: uint8 `(T, H, W, 3)`, RGB.
            audio: the sound of the same time, mono, `(T * samples_per_frame,)`:
                int16, or floats from -1 to 1, beyond which they are cut off.

        Raises:
            ValueError: if something is not of that form, or a sample is not
                finite.
        """
        frames = self._checked_frames(frames)
        audio = self._checked_audio(audio, len(frames))
        for pixels in frames:
            self._container.mux(self._picture.encode(self._pictured(pixels)))
            self._count += 1
        if len(audio):
            first = self._count * self._rates.samples_per_frame - len(audio)
            self._container.mux(self._sound.encode(self._heard(first, audio)))

    def _finish(self, kind, failure, trace):
        if kind is not None:
            return
        if not self._count:
            raise ValueError(f"{self.path} would be empty: no frames came.")
        for track in (self._picture, self._sound):
            self._container.mux(track.encode())

    def _picture_track(self):
        track = self._container.add_stream(
            "libx264",
            rate=self._rates.frame_rate,
            options={
                "crf": str(_CONSTANT_RATE_FACTOR),
                "preset": _PRESET,
                # With AVX-512 it reads what lies beside narrow frames in
                # memory, and no two files are the same.
                "mbtree": "0",
            },
        )
        track.height, track.width = (side + side % 2 for side in self.size)
        track.pix_fmt = "yuv420p"
        # More of them hold more frames in memory, and start slowly.
        track.thread_count = 1
        context = track.codec_context
        context.colorspace = context.color_primaries = _BT601
        context.color_trc, context.color_range = _BT601, _LIMITED_RANGE
        return track

    def _sound_track(self):
        rates = self._av.Codec("aac", "w").audio_rates
        enough = [rate for rate in rates if rate >= self._rates.sample_rate]
        track = self._container.add_stream(
            "aac", rate=min(enough, default=max(rates)), layout="mono"
        )
        track.bit_rate = _AUDIO_BITS_PER_SECOND
        return track

    def _pictured(self, pixels):
        """A frame of PyAV; what is odd made even."""
        odd = [(0, side % 2) for side in self.size]
        if np.any(odd):
            pixels = np.pad(pixels, [*odd, (0, 0)], mode="edge")
        names = self._av.video.reformatter
        flags = names.Interpolation
        frame = self._reformatter.reformat(
            self._av.VideoFrame.from_ndarray(pixels, format="rgb24"),
            format="yuv420p",
            dst_colorspace=names.Colorspace.ITU601,
            # Else colours are off by several levels.
            interpolation=flags.AREA
            | flags.ACCURATE_RND
            | flags.FULL_CHR_H_INP,
            threads=1,
        )
        frame.pts = self._count
        frame.time_base = 1 / self._rates.frame_rate
        return frame

    def _heard(self, first, audio):
        """Samples as PyAV has them, at the whole number `first`."""
        frame = self._av.AudioFrame.from_ndarray(
            audio[None], format="fltp", layout="mono"
        )
        frame.sample_rate = self._rates.sample_rate
        frame.pts = first
        frame.time_base = fractions.Fraction(1, self._rates.sample_rate)
        return frame

    def _checked_frames(self, frames):
        frames = np.asarray(frames)
        wanted = (*self.size, 3)
        if (
            frames.dtype != np.uint8
            or frames.ndim != 4
            or frames.shape[1:] != wanted
        ):
            raise ValueError(
                f"Wanted: frames of shape (T, {', '.join(map(str, wanted))}), "
                f"uint8. Received: {frames.shape}, {frames.dtype}"
            )
        return frames

    def _checked_audio(self, audio, num_frames):
        """Float32 samples from -1 to 1."""
        audio = np.asarray(audio)
        wanted = num_frames * self._rates.samples_per_frame
        is_known = audio.dtype == np.int16 or audio.dtype.kind == "f"
        if not is_known or audio.shape != (wanted,):
            raise ValueError(
                f"Wanted: {wanted} samples for {num_frames} frames, int16 or "
                f"floats. Received: shape {audio.shape}, {audio.dtype}"
            )
        if audio.dtype == np.int16:
            return audio.astype("float32") / 2**15
        num_bad = int(np.sum(~np.isfinite(audio)))
        if num_bad:
            raise ValueError(
                f"Samples are finite. Received: NaN or infinity in {num_bad} "
                f"of {wanted}"
            )
        return np.clip(audio, -1, 1).astype("float32")


def _checked_size(size):
    size = np.asarray(size)
    if size.shape != (2,) or size.dtype.kind not in "iu" or size.min() < 1:
        raise ValueError(
            f"size is a height and a width in pixels. Received: {size.tolist()}"
        )
    return tuple(size.tolist())


def _check_path(path):
    if path.suffix.lower() != ".mp4":
        raise ValueError(f"Videos are written as .mp4. Received: {path}")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{path} cannot be written: there is no folder {path.parent}. Make "
            "it first, or name another."
        )
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(
            f"{path} cannot be written: no permission for {path.parent}. Name "
            "another folder."
        )
