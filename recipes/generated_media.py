"""Writing many generated videos at once."""

import multiprocessing
import os
import time

from keras_perceiver.data.media.writing import VideoWriter


def write_all(function, jobs, processes=None):
    """Calls a function on each of many jobs, and says how long it took.

    Args:
        function: of a module, that writes one video.
        jobs: a list of what it takes.
        processes: number of them; None for one on each processor.
    """
    began = time.monotonic()
    in_processes(function, jobs, processes or len(os.sched_getaffinity(0)))
    print(f"generated {len(jobs)} videos in {time.monotonic() - began:.0f} s")


def in_processes(function, jobs, processes):
    """Calls a function on each of many jobs in so many processes."""
    # What is forked here would have TensorFlow's threads half copied.
    with multiprocessing.get_context("forkserver").Pool(processes) as pool:
        pool.map(function, jobs, chunksize=8)


def write_video(path, frames, audio, *, frames_per_second, sample_rate):
    """Writes a video that is the same whenever it is made.

    Args:
        path: of an mp4.
        frames: uint8 `(T, H, W, 3)`.
        audio: float32 `(n,)`.
        frames_per_second: of the frames.
        sample_rate: of the sound, in Hz.
    """
    with VideoWriter(
        path,
        frames_per_second=frames_per_second,
        sample_rate=sample_rate,
        size=frames.shape[1:3],
    ) as writer:
        writer.write(frames, audio)
    # What is prepared is told by the times of files.
    os.utime(path, (0, 0))
