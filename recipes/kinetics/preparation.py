"""Which videos a run reads, and where their records are kept."""

import fcntl
import hashlib
import pathlib
import tempfile

from keras_perceiver.data import record_folder
from keras_perceiver.data.media import records
from keras_perceiver.data.media import sources
from keras_perceiver.data.media.clips import PreparedClips
from keras_perceiver.data.media.media_format import Limits
from keras_perceiver.data.media.media_format import MediaFormat
from recipes.kinetics import generated_clips
from recipes.kinetics.config import GENERATED

_RECORDS = pathlib.Path("runs") / "records"
_LOCK = ".lock"


class Preparation:
    """Records of videos: what they are made of, and whether they are there.

    Args:
        settings: `ClipSettings`.
        video_shape: of a clip, `(T, H, W, 3)`.
        num_audio_samples: of a clip.

    Raises:
        ValueError: if clips of this form cannot be made, or no source is
            named.
    """

    def __init__(self, settings, video_shape, num_audio_samples):
        self.settings = settings
        self.num_frames = video_shape[0]
        self.media_format = _media_format(
            settings, video_shape, num_audio_samples
        )
        if not settings.source:
            raise ValueError(
                f"No videos are named. --data takes {GENERATED}, or "
                f"{sources.WANTED}."
            )
        self.folder = self._folder()

    @property
    def is_generated(self):
        """Whether the videos are made here."""
        return self.settings.source == GENERATED

    def prepare(self):
        """Makes what is missing of the records; returns their summary."""
        if self.is_generated:
            return self._generate()
        found = sources.find_videos(self.settings.source, self.settings.files)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        return records.prepare(found, self.folder, self._plan())

    def clips(self):
        """Returns the `PreparedClips`; generated ones are made if need be.

        Raises:
            ValueError: if nothing was prepared, or of another form.
        """
        if not (self.folder / record_folder.SUMMARY).is_file():
            if not self.is_generated:
                raise ValueError(
                    f"{self.folder} has no records of {self.settings.source}. "
                    "Make them first, with the same settings: python -m "
                    f"recipes kinetics prepare --data {self.settings.source}"
                )
            self.prepare()
        clips = PreparedClips(self.folder)
        if clips.media_format != self.media_format:
            raise ValueError(
                f"The records in {self.folder} are of {clips.media_format}, "
                f"and the model takes {self.media_format}. Prepare others in "
                "another folder with --data.records, or change the model."
            )
        return clips

    def _generate(self):
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        videos = self.folder.with_name(f"{self.folder.name}-videos")
        # Whoever comes second waits, and finds all done.
        with open(self.folder.with_name(_LOCK), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # There as soon as it is whole: a run that is killed leaves none.
            if not videos.exists():
                with tempfile.TemporaryDirectory(dir=videos.parent) as place:
                    made = pathlib.Path(place, "videos")
                    generated_clips.write_videos(made)
                    made.rename(videos)
            found = sources.find_videos(videos)
            return records.prepare(found, self.folder, self._plan())

    def _plan(self):
        settings = self.settings
        return records.Plan(
            media_format=self.media_format,
            limits=Limits(
                max_pixels=settings.max_pixels,
                max_seconds=settings.max_seconds,
                max_memory_bytes=settings.max_memory_bytes,
            ),
            min_frames=self.num_frames,
            frames_per_record=settings.frames_per_record,
            decoder=settings.decoder,
        )

    def _folder(self):
        if self.settings.records:
            return pathlib.Path(self.settings.records).expanduser()
        name = self.settings.source
        if not self.is_generated:
            path = pathlib.Path(name).expanduser().absolute()
            digest = hashlib.sha256(bytes(path)).hexdigest()[:8]
            name = f"{path.stem}-{digest}"
        media_format = self.media_format
        return _RECORDS / (
            f"{name}-{media_format.size}px-{media_format.sample_rate}Hz"
        )


def _media_format(settings, video_shape, num_audio_samples):
    num_frames, height, width, channels = video_shape
    if height != width or channels != 3 or num_audio_samples % num_frames:
        raise ValueError(
            "Clips are square, in colour, and have as many samples for each "
            "frame. Received: --model.video-shape "
            f"{','.join(map(str, video_shape))} and --model.num-audio-samples "
            f"{num_audio_samples}"
        )
    rate = settings.frames_per_second
    return MediaFormat(rate, height, rate * num_audio_samples // num_frames)
