"""One file in one process, with limits of time and memory.

A file from strangers may make a decoder crash, hang or fill the memory; here
it takes a process with it and nothing else.
"""

import io
import json
import multiprocessing
import resource

import PIL.Image
import tensorflow as tf

from keras_perceiver import errors
from keras_perceiver.data.media import containers
from keras_perceiver.data.media import decode
from keras_perceiver.data.media import decoders
from keras_perceiver.data.media import record_features
from keras_perceiver.data.media.media_format import MediaError

_PAGE_BYTES = resource.getpagesize()
_MOST_SAID = 2**20
_CONTEXT = multiprocessing.get_context("forkserver")
# Loaded once: what is forked from there starts at once.
_CONTEXT.set_forkserver_preload([__name__, "av", "__main__"])


def read(video, label, destination, plan):
    """Decodes a video in a process of its own.

    Args:
        video: a `sources.Video`.
        label: the number of its class.
        destination: the TFRecord file that its pieces are written to.
        plan: a `records.Plan`.

    Returns:
        What was found: `pieces`, pairs of a first frame and a number of
        frames; `has_audio`; `problems`, what was lost; and `skipped`, why
        nothing can be used, "" if something can.

    Raises:
        OSError: if the destination cannot be written.
    """
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(
        target=_run,
        args=(sender, video, label, str(destination), plan),
        daemon=True,
    )
    limits = plan.limits
    try:
        process.start()
        sender.close()
        if not receiver.poll(limits.max_waiting_seconds):
            return _skipped(
                f"was not read within {limits.max_waiting_seconds:g} s. Raise "
                "max_waiting_seconds."
            )
        try:
            # No pickle: a decoder that was taken over must not reach us.
            found = json.loads(receiver.recv_bytes(_MOST_SAID))
        except (EOFError, OSError, ValueError):
            process.join(1)
            return _skipped(
                f"made the decoder crash (exit code {process.exitcode})."
            )
        if "failed" in found:
            raise OSError(f"{destination} cannot be written: {found['failed']}")
        return found
    finally:
        receiver.close()
        if process.pid is not None:
            process.kill()
            process.join()
            process.close()


def _skipped(reason):
    return {"pieces": [], "has_audio": False, "problems": [], "skipped": reason}


def _run(sender, video, label, destination, plan):
    av = errors.import_extra("av", "video")
    limits = plan.limits
    _limit_memory(limits.max_memory_bytes)
    try:
        found = _write_pieces(video, label, destination, plan)
    except MediaError as problem:
        found = _skipped(str(problem))
    except (MemoryError, ImportError):  # PyAV loads parts of itself late.
        found = _skipped(
            f"takes more than {limits.max_memory_bytes / 2**20:,.0f} MiB of "
            "memory. Raise max_memory_bytes."
        )
    except av.error.FFmpegError as error:
        found = _skipped(f"cannot be read: {containers.words(error)}.")
    except (OSError, tf.errors.OpError) as error:
        # No fault of the video: another try may do.
        found = {"failed": str(error)}
    sender.send_bytes(json.dumps(found).encode())


def _limit_memory(num_bytes):
    """Limits what this process takes on top of what it has."""
    with open("/proc/self/statm") as numbers:
        taken = int(numbers.read().split()[0]) * _PAGE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (taken + num_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _write_pieces(video, label, destination, plan):
    decoders.begin_process(plan.decoder)
    reader = decode.VideoReader(
        video.path,
        video.start,
        video.end,
        plan.media_format,
        plan.limits,
        plan.decoder,
    )
    written, count = [], 0
    with tf.io.TFRecordWriter(destination) as file:
        for piece in reader.pieces(plan.frames_per_record):
            count += len(piece.frames)
            if len(piece.frames) < plan.min_frames:
                continue
            jpegs = [_jpeg(frame, plan.jpeg_quality) for frame in piece.frames]
            file.write(
                record_features.example(
                    video.name, label, piece, jpegs, reader.has_audio
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
        "skipped": "",
    }


def _jpeg(frame, quality):
    file = io.BytesIO()
    PIL.Image.fromarray(frame).save(file, "JPEG", quality=quality)
    return file.getvalue()
