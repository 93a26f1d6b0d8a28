"""The files that `records.prepare` writes, and which of them are finished."""

import dataclasses
import json
import pathlib


@dataclasses.dataclass(frozen=True)
class Shard:
    """A TFRecord file and the JSON file beside it, written after it.

    Attributes:
        folder: where they are.
        name: without the ending, such as `train-00000-of-00004`.
        split: of its videos.
        videos: list of `sources.Video`.
    """

    folder: pathlib.Path
    name: str
    split: str
    videos: list

    @property
    def records_path(self):
        """The TFRecord file."""
        return self.folder / f"{self.name}.tfrecord"

    @property
    def notes_path(self):
        """The JSON file: with it the shard is finished."""
        return self.folder / f"{self.name}.json"

    def notes(self):
        """Returns what the JSON file says, None if there is none."""
        try:
            return json.loads(self.notes_path.read_text())
        except FileNotFoundError:
            return None


def shards_of(videos, folder, videos_per_shard):
    """Deals videos out to shards, in the order in which they come."""
    shards = []
    for split in sorted({video.split for video in videos}):
        own = [video for video in videos if video.split == split]
        count = -(-len(own) // videos_per_shard)
        shards += [
            Shard(
                folder,
                f"{split}-{number:05d}-of-{count:05d}",
                split,
                own[
                    number * videos_per_shard : (number + 1) * videos_per_shard
                ],
            )
            for number in range(count)
        ]
    return shards
