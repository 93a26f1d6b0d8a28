"""What `predict` says of video files."""

import pathlib

from keras_perceiver import errors
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.media_format import MediaFormat
from recipes.kinetics.pooled_errors import in_decibels
from recipes.kinetics.reconstruction import reconstruct_file


def answer(task, words):
    """Reconstructs video files, and returns how near we came, as lines.

    Beside what is printed, `NAME.reconstruction.mp4` is written into the
    current folder for each: the original left, ours right, with our sound.

    Args:
        task: an `AutoencodeClip`, its model as a run keeps it.
        words: paths of video files.
    """
    if not words:
        raise ValueError("predict takes video files. Received: none")
    known = getattr(task.model, "preprocessing", None) or {}
    if "media_format" not in known:
        raise ValueError(
            "The model does not say which frame rate and sample rate it takes."
        )
    lines = []
    for path in map(pathlib.Path, words):
        destination = pathlib.Path(f"{path.stem}.reconstruction.mp4")
        try:
            found = reconstruct_file(
                task,
                path,
                destination,
                MediaFormat(**known["media_format"]),
                class_names=known["class_names"],
            )
        except MediaError as problem:
            raise MediaError(f"{path}: the video {problem}") from None
        lines += [str(path), *_described(found), f"  written: {destination}"]
    return "\n".join(lines)


def _described(found):
    yield (
        f"  video {in_decibels(found.video_psnr)}, its mean frame "
        f"{in_decibels(found.mean_frame_psnr)}, {found.num_frames:,} frames"
    )
    if found.has_audio:
        yield (
            f"  sound {in_decibels(found.audio_psnr)}, silence "
            f"{in_decibels(found.silence_psnr)}"
        )
    else:
        yield "  no sound"
    for name, probability in found.labels:
        yield f"  {probability:>6.1%}  {name}"
    for problem in found.problems:
        yield f"  the video {errors.printable(problem)}"
