"""Times real time that videos are prepared on one core, and decoded at all.

A generated video of 720p, H.264 and AAC, becomes records of 224x224; bare
decoding reads the same file with PyAV and throws away what it gets.
"""

import contextlib
import io
import os
import pathlib
import sys
import tempfile
import time

from benchmarks import one_core
from benchmarks import photographs

SECONDS = 20
# The fastest counts: whatever else a machine does only makes it slower.
ROUNDS = 3


def main():
    """Prints both, and their ratio."""
    one_core.run(__name__)


def _work(core):
    one_core.stay_on(core)
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "videos")
        source.mkdir()
        path = source / "video.mp4"
        photographs.write_video(path, SECONDS)
        # Of a long run, the process that others are forked from begins once.
        prepare(source, pathlib.Path(folder, "first"))
        decoding, preparing = [], []
        for number in range(ROUNDS):
            decoding.append(seconds_of(decode, path))
            records = pathlib.Path(folder, str(number))
            preparing.append(seconds_of(prepare, source, records))
        megabits = 8 * os.path.getsize(path) / SECONDS / 1e6
        frame_bytes = _bytes_of_records(records) / (
            SECONDS * photographs.FRAMES_PER_SECOND
        )
    print(
        f"{SECONDS} s of {photographs.VIDEO_WIDTH} x "
        f"{photographs.VIDEO_HEIGHT} at {photographs.FRAMES_PER_SECOND} "
        f"frames/s, {megabits:.1f} Mbit/s; {frame_bytes / 1e3:.0f} KB of "
        "records a frame"
    )
    decoded, prepared = SECONDS / min(decoding), SECONDS / min(preparing)
    print(f"decoded by PyAV:       {decoded:5.1f} times real time on one core")
    print(f"prepared into records: {prepared:5.1f} times real time on one core")
    print(f"prepared over decoded: {prepared / decoded:5.2f}")


def seconds_of(run, *arguments):
    """Returns how long a call takes."""
    began = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - began


def decode(path):
    """Decodes all frames and all sound of a file in one thread."""
    import av

    for kind in ("video", "audio"):
        with av.open(str(path)) as container:
            stream = container.streams.get({kind: 0})[0]
            stream.codec_context.thread_count = 1
            for _ in container.decode(stream):
                pass


def prepare(source, folder, **options):
    """Prepares the videos of a folder, one at a time and in silence.

    Args:
        source: the folder.
        folder: where the records are written.
        options: of `records.Plan`.
    """
    from keras_perceiver.data.media import records
    from keras_perceiver.data.media import sources

    with contextlib.redirect_stdout(io.StringIO()):
        records.prepare(
            sources.find_videos(source),
            folder,
            records.Plan(**options),
            processes=1,
        )


def _bytes_of_records(folder):
    return sum(path.stat().st_size for path in folder.glob("*.tfrecord"))


if __name__ == "__main__":
    _work(sys.argv[1])
