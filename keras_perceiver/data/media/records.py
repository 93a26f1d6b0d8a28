"""Makes TFRecords of videos, once; training reads them."""

import collections
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import time

import tensorflow as tf

from keras_perceiver import files
from keras_perceiver.data import record_folder
from keras_perceiver.data.labelled_images import selection
from keras_perceiver.data.media import decoders
from keras_perceiver.data.media import isolated
from keras_perceiver.data.media import record_features
from keras_perceiver.data.media import shard_files
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaFormat
from keras_perceiver.training.progress import time_in_words

SKIPPED = "skipped"
SILENT = "silence filled in"
USED_IN_PART = "used in part"
USED_AS_IT_IS = "used as it is"
_VIDEOS_PER_SHARD = 64
_SECONDS_BETWEEN_LINES = 10
# Waiting for a slow video, others are decoded ahead.
_AHEAD = 4


@dataclasses.dataclass(frozen=True)
class Plan:
    """How videos become records.

    Attributes:
        media_format: a `MediaFormat`.
        limits: `Limits`.
        frames_per_record: longer videos are cut into several records.
        min_frames: what is shorter, a rest too, is left out.
        jpeg_quality: from 1 to 100.
        decoder: `av`, or `tensorflow-io` beside TensorFlow 2.16 and FFmpeg 4.
        sound_alone: whether files without a video track are used too, with
            black frames.
    """

    media_format: MediaFormat = dataclasses.field(default_factory=MediaFormat)
    limits: Limits = dataclasses.field(default_factory=Limits)
    frames_per_record: int = 250
    min_frames: int = 16
    jpeg_quality: int = 95
    decoder: str = decoders.PYAV
    sound_alone: bool = False

    def __post_init__(self):
        if not 1 <= self.min_frames <= self.frames_per_record:
            raise ValueError(
                "A record has at least min_frames frames, and at most "
                f"frames_per_record. Received: {self.min_frames} and "
                f"{self.frames_per_record}"
            )
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(
                f"jpeg_quality is 1 to 100. Received: {self.jpeg_quality}"
            )
        decoders.check_name(self.decoder)


def prepare(
    found, folder, plan=None, processes=None, videos_per_shard=_VIDEOS_PER_SHARD
):
    """Makes records of all videos, or of those that are still missing.

    Each video is decoded in a process of its own. One that cannot be used is
    skipped, one without sound becomes silent, and of a damaged one what comes
    before the damage is used; `problems.csv` tells of each. A run that was
    cut off goes on after its last finished shard.

    Args:
        found: `sources.Videos`.
        folder: where the records are written.
        plan: a `Plan`; None for the published one.
        processes: videos decoded at a time; None for one on each processor.
        videos_per_shard: of each TFRecord file.

    Returns:
        What `summary.json` says.

    Raises:
        ImportError: if the decoder cannot work here.
        ValueError: if the folder has something else, or nothing was usable.
    """
    plan = plan or Plan()
    decoders.check_installed(plan.decoder)
    if processes is None:
        processes = len(os.sched_getaffinity(0))
    if processes < 1 or videos_per_shard < 1:
        raise ValueError(
            "At least one process, and one video in a shard. Received: "
            f"{processes} and {videos_per_shard}"
        )
    folder = pathlib.Path(folder).expanduser()
    order = selection.hash_order([video.name for video in found.videos])
    videos = [found.videos[number] for number in order]
    shards = shard_files.shards_of(videos, folder, videos_per_shard)
    record_folder.claim(folder, _record(found, plan, videos, videos_per_shard))
    _write_missing(shards, found.class_names, plan, processes)
    summary, problems = _summarize(found, plan, shards)
    record_folder.finish(
        folder,
        summary,
        problems,
        is_usable=summary["records"] > 0,
        sources=f"{len(found.videos):,} videos of {found.description}",
    )
    return summary


def _write_missing(shards, class_names, plan, processes):
    missing = [shard for shard in shards if shard.notes() is None]
    if not missing:
        return
    numbers = {name: number for number, name in enumerate(class_names)}
    progress = _Progress(sum(len(shard.videos) for shard in missing))
    with (
        record_folder.alone(missing[0].folder) as place,
        concurrent.futures.ThreadPoolExecutor(processes) as pool,
    ):
        jobs = (
            (
                video,
                [numbers[label] for label in video.labels],
                place / str(number),
                plan,
            )
            for number, video in enumerate(
                video for shard in missing for video in shard.videos
            )
        )
        results = _in_order(pool, jobs, _AHEAD * processes)
        try:
            for shard in missing:
                _write_shard(shard, results, progress)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _in_order(pool, jobs, most):
    """Yields a job's file and what was found, keeping `most` under way."""
    waiting = collections.deque()
    for job in jobs:
        waiting.append((job[2], pool.submit(isolated.read, *job)))
        if len(waiting) >= most:
            path, future = waiting.popleft()
            yield path, future.result()
    for path, future in waiting:
        yield path, future.result()


def _write_shard(shard, results, progress):
    videos = []
    with (
        files.replacing(shard.records_path) as temporary,
        tf.io.TFRecordWriter(str(temporary)) as writer,
    ):
        for video, (path, result) in zip(shard.videos, results, strict=False):
            total, sizes = sum(count for _, count in result["pieces"]), []
            if total:
                for record in tf.data.TFRecordDataset(str(path)):
                    record = record_features.with_total(record.numpy(), total)
                    writer.write(record)
                    sizes.append(len(record))
            path.unlink(missing_ok=True)
            noted = {"name": video.name, "labels": video.labels}
            videos.append({**noted, "bytes": sizes, **result})
            progress.add(video.name, result)
    files.write_json(shard.notes_path, {"videos": videos})


def _summarize(found, plan, shards):
    """What `summary.json` says, and the rows of `problems.csv`."""
    problems = [(name, reason, SKIPPED) for name, reason in found.missing]
    records = collections.Counter()
    frames = collections.Counter()
    classes = collections.Counter()
    for shard in shards:
        for video in shard.notes()["videos"]:
            problems += _problems_of(video)
            records[shard.split] += len(video["pieces"])
            frames[shard.split] += sum(count for _, count in video["pieces"])
            if video["pieces"]:
                classes.update(video["labels"])
    rate = plan.media_format.frame_rate
    done = collections.Counter(done for _, _, done in problems)
    summary = {
        "description": found.description,
        "media_format": dataclasses.asdict(plan.media_format),
        "class_names": found.class_names,
        "videos": len(found.videos) + len(found.missing),
        "skipped": done[SKIPPED],
        "silent": done[SILENT],
        "used_in_part": done[USED_IN_PART],
        "used_as_they_are": done[USED_AS_IT_IS],
        "records": sum(records.values()),
        "records_of_split": dict(sorted(records.items())),
        "seconds_of_split": {
            split: round(float(count / rate), 3)
            for split, count in sorted(frames.items())
        },
        "videos_of_class": {name: classes[name] for name in found.class_names},
        "shards": [shard.name for shard in shards],
    }
    return summary, sorted(problems)


def _problems_of(video):
    name = video["name"]
    if video["skipped"]:
        return [(name, video["skipped"], SKIPPED)]
    rows = []
    if video["problems"]:
        rows.append((name, " It ".join(video["problems"]), USED_IN_PART))
    if not video["has_audio"]:
        rows.append((name, "has no sound.", SILENT))
    rows += [(name, remark, USED_AS_IT_IS) for remark in video["remarks"]]
    return rows


def _record(found, plan, videos, videos_per_shard):
    """What a folder is prepared of, to be told from everything else."""
    digest = hashlib.sha256()
    for video in videos:
        stamp = [*dataclasses.astuple(video)[1:], *_stamp(video.path)]
        digest.update(json.dumps(stamp).encode() + b"\n")
    return {
        "videos": digest.hexdigest(),
        "class_names": found.class_names,
        "videos_per_shard": videos_per_shard,
        **json.loads(json.dumps(dataclasses.asdict(plan))),
    }


def _stamp(path):
    try:
        status = os.stat(path)
    except OSError:
        return [-1, -1]
    return [status.st_size, status.st_mtime_ns]


class _Progress:
    """A line now and then: how far it is, and the time left."""

    def __init__(self, total):
        self._total = total
        self._done = self._skipped = 0
        self._began = self._last_line = time.monotonic()

    def add(self, name, result):
        self._done += 1
        self._skipped += bool(result["skipped"])
        now = time.monotonic()
        is_last = self._done == self._total
        if now - self._last_line < _SECONDS_BETWEEN_LINES and not is_last:
            return
        self._last_line = now
        seconds = (now - self._began) / self._done
        left = time_in_words(seconds * (self._total - self._done))
        print(
            f"preparing videos: {self._done:,} of {self._total:,}  "
            f"{self._skipped:,} skipped  {left} left",
            flush=True,
        )
