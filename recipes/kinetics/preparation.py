"""Which videos a run reads, and the form of their clips."""

from keras_perceiver.data.media import sources
from keras_perceiver.data.media.media_format import MediaFormat
from recipes.kinetics import generated_clips
from recipes.media_preparation import MediaPreparation


class Preparation(MediaPreparation):
    """Records of videos with at most one label each.

    Args:
        settings: `ClipSettings`.
        video_shape: of a clip, `(T, H, W, 3)`.
        num_audio_samples: of a clip.

    Raises:
        ValueError: if clips of this form cannot be made, or no source is
            named.
    """

    recipe_name = "kinetics"
    wanted = sources.WANTED

    def __init__(self, settings, video_shape, num_audio_samples):
        media_format = _media_format(settings, video_shape, num_audio_samples)
        super().__init__(settings, media_format, video_shape[0])

    def find(self, source, folder):
        """Returns the `Videos` of a source."""
        return sources.find_videos(source, folder)

    def generate(self, folder):
        """Writes videos into class folders."""
        generated_clips.write_videos(folder)


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
