"""Records of videos and sounds: what they are made of, and where they are."""

import pathlib
import tempfile

from keras_perceiver import files
from keras_perceiver.data.media import records
from keras_perceiver.data.media.clips import PreparedClips
from keras_perceiver.data.media.media_format import Limits
from recipes.record_preparation import RecordPreparation
from recipes.settings import GENERATED


class MediaPreparation(RecordPreparation):
    """Makes the records of a recipe; recipes fill in where from.

    Args:
        settings: `MediaSettings`.
        media_format: the `MediaFormat` of all clips.
        num_frames: of a clip; what is shorter is left out.

    Attributes:
        sound_alone: whether files without a video track are used.

    Raises:
        ValueError: if no source is named.
    """

    things = "videos"
    sound_alone = False

    def __init__(self, settings, media_format, num_frames):
        # The folder's name says it.
        self.media_format = media_format
        self.num_frames = num_frames
        super().__init__(settings)

    def find(self, source, folder):
        """Returns the `Videos` of a source; see `sources.find_videos`."""
        raise NotImplementedError

    def generate(self, folder):
        """Writes generated videos into a folder that `find` is asked then."""
        raise NotImplementedError

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
        self.make_ready()
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

    def form(self):
        """Returns size and sample rate."""
        media_format = self.media_format
        return f"-{media_format.size}px-{media_format.sample_rate}Hz"

    def generated_name(self):
        """Returns a name for what is made here; another one is made anew."""
        return GENERATED
