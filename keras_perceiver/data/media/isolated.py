"""A video into records, in a process of its own."""

import io

import PIL.Image
import tensorflow as tf

from keras_perceiver.data import own_process
from keras_perceiver.data.media import decode
from keras_perceiver.data.media import decoders
from keras_perceiver.data.media import faults
from keras_perceiver.data.media import record_features
from keras_perceiver.data.media.media_format import MediaError
from keras_perceiver.data.media.sound import Levels


def read(video, labels, destination, plan):
    """Decodes a video in a process of its own.

    Args:
        video: a `sources.Video`.
        labels: numbers of its classes.
        destination: the TFRecord file that its pieces are written to.
        plan: a `records.Plan`.

    Returns:
        What was found: `pieces`, pairs of a first frame and a number of
        frames; `has_audio`; `problems`, what was lost; `remarks` on sound
        that says little; and `skipped`, why nothing can be used, "" if
        something can.

    Raises:
        OSError: if the destination cannot be written.
    """
    with own_process.started(
        _run, plan.limits, MediaError, video, labels, str(destination), plan
    ) as child:
        try:
            found = child.hear()
        except MediaError as problem:
            return _skipped(str(problem))
    if "failed" in found:
        raise OSError(f"{destination} cannot be written: {found['failed']}")
    return found


def _skipped(reason):
    return {
        "pieces": [],
        "has_audio": False,
        "problems": [],
        "remarks": [],
        "skipped": reason,
    }


def _run(sender, video, labels, destination, plan):
    own_process.limit_memory(plan.limits.max_memory_bytes)
    try:
        found = _write_pieces(video, labels, destination, plan)
    except Exception as error:
        reason = faults.fault(error, plan.limits)
        if reason:
            found = _skipped(reason)
        elif isinstance(error, OSError | tf.errors.OpError):
            # Another try may do.
            found = {"failed": str(error)}
        else:
            raise
    own_process.say(sender, found)


def _write_pieces(video, labels, destination, plan):
    decoders.begin_process(plan.decoder)
    reader = decode.VideoReader(
        video.path,
        video.start,
        video.end,
        plan.media_format,
        plan.limits,
        plan.decoder,
        plan.sound_alone,
    )
    written, count, levels = [], 0, Levels()
    with tf.io.TFRecordWriter(destination) as file:
        for piece in reader.pieces(plan.frames_per_record):
            count += len(piece.frames)
            levels.add(piece.audio)
            if len(piece.frames) < plan.min_frames:
                continue
            jpegs = [_jpeg(frame, plan.jpeg_quality) for frame in piece.frames]
            file.write(
                record_features.example(
                    video.name, labels, piece, jpegs, reader.has_audio
                )
            )
            written.append([piece.first_frame, len(piece.frames)])
    if not written:
        raise MediaError(
            " ".join(
                [
                    f"has {count:,} frames at "
                    f"{plan.media_format.frames_per_second} frames/s, and "
                    f"{plan.min_frames:,} are needed.",
                    *(f"It {problem}" for problem in reader.problems),
                ]
            )
        )
    return {
        "pieces": written,
        "has_audio": reader.has_audio,
        "problems": reader.problems,
        "remarks": levels.remarks() if reader.has_audio else [],
        "skipped": "",
    }


def _jpeg(frame, quality):
    file = io.BytesIO()
    PIL.Image.fromarray(frame).save(file, "JPEG", quality=quality)
    return file.getvalue()
