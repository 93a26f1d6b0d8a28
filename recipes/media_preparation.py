"""Records of videos and sounds: what they are made of, and where they are."""

import pathlib
import tempfile

from keras_perceiver import files
from keras_perceiver.data.media import records
from keras_perceiver.data.media.clips import PreparedClips
from keras_perceiver.data.media.media_format import Limits
from recipes import record_folders
from recipes.media_settings import GENERATED


class MediaPreparation:
    """Makes the records of a recipe; recipes fill in where from.

    Args:
        settings: `MediaSettings`.
        media_format: the `MediaFormat` of all clips.
        num_frames: of a clip; what is shorter is left out.

    Attributes:
        recipe_name: as the command line takes it.
        wanted: what `--data` takes, in words.
        sound_alone: whether files without a video track are used.

    Raises:
        ValueError: if no source is named.
    """

    recipe_name = ""
    wanted = ""
    sound_alone = False

    def __init__(self, settings, media_format, num_frames):
        self.settings = settings
        self.media_format = media_format
        self.num_frames = num_frames
        if not settings.source:
            raise ValueError(
                f"No videos are named. --data takes {GENERATED}, or "
                f"{self.wanted}."
            )
        self.folder = self._folder()

    def find(self, source, folder):
        """Returns the `Videos` of a source; see `sources.find_videos`."""
        raise NotImplementedError

    def generate(self, folder):
        """Writes generated videos into a folder that `find` is asked then."""
        raise NotImplementedError

    @property
    def is_generated(self):
        """Whether the videos are made here."""
        return self.settings.source == GENERATED

    def prepare(self):
        """Makes what is missing of the records; returns their summary."""
        if self.is_generated:
            return self._generate()
        found = self.find(self.settings.source, self.settings.files)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        return records.prepare(found, self.folder, self._plan())

    def clips(self):
        """Returns the `PreparedClips`; generated ones are made if need be.

        Raises:
            ValueError: if nothing was prepared, or of another form.
        """
        if not record_folders.is_prepared(self.folder):
            if not self.is_generated:
                raise record_folders.not_prepared(
                    self.folder, self.settings.source, self.recipe_name
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
        with files.locked(self.folder):
            # There as soon as it is whole: a run that is killed leaves none.
            if not videos.exists():
                with tempfile.TemporaryDirectory(dir=videos.parent) as place:
                    made = pathlib.Path(place, "videos")
                    self.generate(made)
                    made.rename(videos)
            found = self.find(videos, None)
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
            sound_alone=self.sound_alone,
        )

    def _folder(self):
        if self.settings.records:
            return pathlib.Path(self.settings.records).expanduser()
        name = self.settings.source
        if self.is_generated:
            name = self._generated_name()
        else:
            name = record_folders.name_of(name)
        media_format = self.media_format
        return record_folders.RECORDS / (
            f"{name}-{media_format.size}px-{media_format.sample_rate}Hz"
        )

    def _generated_name(self):
        return GENERATED
