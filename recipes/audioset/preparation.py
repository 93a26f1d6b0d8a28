"""Which clips a run reads, and their form."""

from keras_perceiver.data.media import tagged_sources
from keras_perceiver.data.media.media_format import MediaFormat
from recipes.audioset import generated_clips
from recipes.media_preparation import MediaPreparation


class Preparation(MediaPreparation):
    """Records of videos and sounds with several tags each.

    Args:
        settings: `TagSettings`.
        video_shape: of a clip, `(T, H, W, 3)`.

    Raises:
        ValueError: if clips of this form cannot be made, or no source is
            named.
    """

    recipe_name = "audioset"
    wanted = tagged_sources.WANTED
    sound_alone = True

    def __init__(self, settings, video_shape):
        num_frames, height, width, channels = video_shape
        if height != width or channels != 3:
            raise ValueError(
                "Clips are square and in colour. Received: "
                f"--model.video-shape {','.join(map(str, video_shape))}"
            )
        media_format = MediaFormat(
            settings.frames_per_second, height, settings.sample_rate
        )
        super().__init__(settings, media_format, num_frames)

    def find(self, source, folder):
        """Returns the `Videos` of a source."""
        return tagged_sources.find_tagged(
            source, folder, is_cut=self.settings.is_cut
        )

    def generate(self, folder):
        """Writes clips with AudioSet's tables beside them."""
        generated_clips.write_clips(folder)

    def generated_name(self):
        """Returns a name for what is made here; another one is made anew."""
        return f"generated-sounds-{generated_clips.GENERATION}"
