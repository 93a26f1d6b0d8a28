"""Flow of a pair of frames, of a folder of frames, or of a video."""

import itertools
import pathlib
import time

import numpy as np
import PIL.Image

from keras_perceiver.data.flow import read_flo
from keras_perceiver.data.flow import write_flo
from keras_perceiver.data.flow_pairs.pair_files import read_frame
from keras_perceiver.data.media.writing import VideoWriter
from keras_perceiver.files import replacing
from keras_perceiver.training.progress import time_in_words
from keras_perceiver.visualization.clips import side_by_side
from keras_perceiver.visualization.flow_pictures import draw_with_wheel
from keras_perceiver.visualization.flow_pictures import longest_motion
from recipes.optical_flow.frame_sources import FRAME_ENDINGS
from recipes.optical_flow.frame_sources import FrameFolder
from recipes.optical_flow.frame_sources import FrameVideo

WANTED = (
    "Wanted: FIRST SECOND OUT, two frames and a file that ends in .flo or "
    ".png; FRAMES OUT, a folder of frames and a folder for what comes out, or "
    "a file that ends in .mp4; or VIDEO OUT, the same for a video."
)
# Silence, since the writer's videos have sound.
_SAMPLES_PER_SECOND = 8_000
# A video's colours go by its first pairs, since it is written as it comes.
_PAIRS_FOR_SCALE = 8
_SCALE_PERCENTILE = 99
_SECONDS_BETWEEN_LINES = 10


def answer(task, words):
    """Estimates flow and writes it.

    Args:
        task: an `EstimateFlow`.
        words: paths, as `WANTED` says.

    Returns:
        What was written, in words.

    Raises:
        ValueError: if the words are others, or a frame is missing, damaged or
            of another size than the one before it.
        OSError: if a file cannot be read or written.
    """
    paths = [pathlib.Path(word).expanduser() for word in words]
    if len(paths) == 3:
        return _answer_pair(task, *paths)
    if len(paths) != 2:
        raise ValueError(f"{WANTED} Received: {len(words)} words")
    source, out = paths
    if source.is_dir():
        return _answer_frames(task, FrameFolder(source), out)
    if source.suffix.lower() in FRAME_ENDINGS:
        raise ValueError(
            f"{source} is one frame, and flow is between two. {WANTED}"
        )
    if not source.is_file():
        raise ValueError(f"{source}: no such folder or video. {WANTED}")
    return _answer_frames(task, FrameVideo(source), out)


def _answer_pair(task, first, second, out):
    if out.suffix not in (".flo", ".png"):
        raise ValueError(f"{out} ends in neither .flo nor .png. {WANTED}")
    _check_folder(out.parent)
    frames = [read_frame(path) for path in (first, second)]
    _check_sizes((first, frames[0]), (second, frames[1]))
    flow = task(*frames).flow
    if out.suffix == ".flo":
        write_flo(out, flow)
    else:
        _write_picture(out, flow)
    lengths = np.linalg.norm(flow, axis=-1)
    return (
        f"{out}: motion of {lengths.mean():.2f} pixels on average, "
        f"{lengths.max():.2f} at most"
    )


def _answer_frames(task, source, out):
    if out.suffix not in ("", ".mp4"):
        raise ValueError(f"{out} is no folder and no .mp4. {WANTED}")
    write = _write_video if out.suffix else _write_folder
    with source:
        count = write(task, source, out)
        lines = [f"{out}: the flow of {count:,} pairs"]
        if source.problem():
            lines.append(f"warning: {source.problem()}")
    return "\n".join(lines)


def _write_folder(task, source, out):
    """Writes `NAME.flo` and `NAME.png` for each pair; returns how many."""
    _check_folder(out.parent)
    out.mkdir(exist_ok=True)
    names, longest = [], 0.0
    for name, _, flow in _flows(task, source):
        write_flo(out / f"{name}.flo", flow)
        longest = max(longest, longest_motion(flow))
        names.append(name)
    # All on one scale, which is known in the end.
    for name in names:
        flow = read_flo(out / f"{name}.flo")
        _write_picture(out / f"{name}.png", flow, longest)
    return len(names)


def _write_video(task, source, out):
    """Writes frames with their flow beside them; returns how many."""
    _check_folder(out.parent)
    flows = _flows(task, source)
    first = list(itertools.islice(flows, _PAIRS_FOR_SCALE))
    scale = max(
        float(np.percentile(np.linalg.norm(flow, axis=-1), _SCALE_PERCENTILE))
        for _, _, flow in first
    )
    rate = source.frame_rate
    # Whole samples belong to a frame.
    every = -(-_SAMPLES_PER_SECOND // rate.numerator)
    silence = np.zeros(every * rate.denominator, np.int16)

    def beside(frame, flow):
        return side_by_side(frame[None], draw_with_wheel(flow, scale)[None])

    count = 0
    with VideoWriter(
        out,
        frames_per_second=str(rate),
        sample_rate=every * rate.numerator,
        size=beside(*first[0][1:]).shape[1:3],
    ) as writer:
        for _, frame, flow in itertools.chain(first, flows):
            writer.write(beside(frame, flow), silence)
            count += 1
    return count


def _flows(task, source):
    """Yields the name, the first frame and the flow of each pair."""
    began = said = time.monotonic()
    before, count = None, 0
    for named in source.frames():
        if before is not None:
            _check_sizes(before, named)
            yield *before, task(before[1], named[1]).flow
            count += 1
            if time.monotonic() - said > _SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                _print_progress(count, source.count, said - began)
        before = named
    if not count:
        raise ValueError(
            f"{source.path} has {'no' if before is None else 'one'} frame, and "
            "flow is between two."
        )


def _print_progress(count, num_frames, seconds):
    line = f"pair {count:,}"
    if num_frames:
        left = max(num_frames - 1 - count, 0) * seconds / count
        line += f" of {num_frames - 1:,}  {time_in_words(left)} left"
    print(line, flush=True)


def _check_folder(folder):
    """Before anything is estimated, since that takes long."""
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder} to write to.")


def _check_sizes(first, second):
    """Raises `ValueError` unless two named frames are of one size."""
    (name, frame), (second_name, second_frame) = first, second
    if frame.shape != second_frame.shape:
        sizes = (
            f"{pixels.shape[1]} x {pixels.shape[0]}"
            for pixels in (frame, second_frame)
        )
        raise ValueError(
            f"{name} and {second_name} differ in size: {' and '.join(sizes)} "
            "pixels. Cut or scale one to the size of the other."
        )


def _write_picture(path, flow, max_motion=None):
    with replacing(path) as temporary:
        picture = PIL.Image.fromarray(draw_with_wheel(flow, max_motion))
        picture.save(temporary)
