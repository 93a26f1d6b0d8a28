"""A whole video through the latents, to be seen and heard beside itself."""

import contextlib
import dataclasses
import itertools
import os

import numpy as np

from keras_perceiver.data.media.isolated_reader import IsolatedReader
from keras_perceiver.data.media.windows import padded
from keras_perceiver.data.media.writing import VideoWriter
from keras_perceiver.visualization.clips import side_by_side
from recipes.kinetics.pooled_errors import PooledErrors
from recipes.reading_progress import ReadingProgress

_NUM_LABELS = 5


@dataclasses.dataclass(frozen=True)
class Reconstruction:
    """How a file was reconstructed.

    Ratios are in dB, of a peak of 1, of the squared error of the whole file;
    None where there is no error at all.

    Attributes:
        num_frames: at the rate of the media format.
        video_psnr: of our frames.
        mean_frame_psnr: of the file's own mean frame in place of each.
        audio_psnr: of our sound.
        silence_psnr: of silence in its place.
        labels: pairs of a name and a probability, the mean over all clips;
            the likeliest first.
        has_audio: whether the file has any sound.
        problems: list of words that follow "the video", on what was lost.
    """

    num_frames: int
    video_psnr: float | None
    mean_frame_psnr: float | None
    audio_psnr: float | None
    silence_psnr: float | None
    labels: list
    has_audio: bool
    problems: list


def reconstruct_file(
    task, path, destination, media_format, limits=None, class_names=None
):
    """Autoencodes a video file, clip by clip, and writes what comes out.

    The video has the original frames left and ours right, and our sound: the
    original's would drown it. The label is not given, so that it is
    classified. The file is decoded in a process of its own; memory grows
    with the file by its sound alone.

    Args:
        task: an `AutoencodeClip`.
        path: a video file.
        destination: the mp4 to write or replace.
        media_format: the `MediaFormat` that the model was trained on.
        limits: `Limits`; None for the usual ones.
        class_names: one for each class; None to number them.

    Returns:
        A `Reconstruction`.

    Raises:
        MediaError: if the file cannot be read.
        ValueError: if the media format or the names are not the model's, or
            the destination is no mp4 or the file itself.
        OSError: if the destination cannot be written.
    """
    _check_format(task, media_format)
    names = _names(task, class_names)
    _check_other(path, destination)
    blank = np.zeros((1, *task.video_shape[1:]), np.uint8)
    writer = VideoWriter(
        destination,
        frames_per_second=media_format.frames_per_second,
        sample_rate=media_format.sample_rate,
        size=side_by_side(blank, blank).shape[1:3],
    )
    reader = IsolatedReader(path, media_format, limits)
    with contextlib.closing(reader.pieces(task.video_shape[0])) as pieces:
        # What cannot be read is told before anything is written.
        first = next(pieces)
        with writer:
            errors, label = _write_all(
                task,
                itertools.chain([first], pieces),
                writer,
                ReadingProgress(reader, "reconstructing"),
            )
    return Reconstruction(
        num_frames=errors.num_frames,
        video_psnr=errors.video_psnr,
        mean_frame_psnr=errors.mean_frame_psnr,
        audio_psnr=errors.audio_psnr,
        silence_psnr=errors.silence_psnr,
        labels=_likeliest(names, label),
        has_audio=reader.has_audio,
        problems=reader.problems,
    )


def _write_all(task, pieces, writer, progress):
    """Returns the `PooledErrors` and the mean probabilities of the label."""
    errors, labels = PooledErrors(), []
    for piece in pieces:
        video, audio = piece.frames, piece.audio.astype("float32") / 2**15
        clip = task(
            *padded(video, audio, task.video_shape[0], task.num_audio_samples)
        )
        our_video, our_audio = (
            clip.video[: len(video)],
            clip.audio[: len(audio)],
        )
        writer.write(side_by_side(video, our_video), our_audio)
        errors.add(video, audio, our_video, our_audio)
        labels.append(clip.label)
        progress.add(len(video))
    return errors, np.mean(labels, axis=0)


def _check_format(task, media_format):
    num_frames, height, width = task.video_shape[:3]
    samples = num_frames * media_format.samples_per_frame
    if (height, width) != (media_format.size, media_format.size):
        raise ValueError(
            f"The model takes frames of {height} x {width} pixels. Received: "
            f"{media_format}"
        )
    if samples != task.num_audio_samples:
        raise ValueError(
            f"The model takes {task.num_audio_samples} samples for "
            f"{num_frames} frames. Received: {samples}, by {media_format}"
        )


def _names(task, class_names):
    if class_names is None:
        return [str(number) for number in range(task.num_classes)]
    if len(class_names) != task.num_classes:
        raise ValueError(
            f"The model has {task.num_classes} classes. Received: "
            f"{len(class_names)} names"
        )
    return list(class_names)


def _check_other(path, destination):
    if (
        os.path.exists(path)
        and os.path.exists(destination)
        and os.path.samefile(path, destination)
    ):
        raise ValueError(
            f"{destination} is the video itself, which would be replaced. Name "
            "another file to write."
        )


def _likeliest(names, probabilities):
    order = np.argsort(-probabilities, kind="stable")[:_NUM_LABELS]
    return [(names[number], float(probabilities[number])) for number in order]
