"""The task of a model that a run keeps."""

from keras_perceiver.data.media.media_format import MediaFormat
from keras_perceiver.tasks.tag_audio import TagAudio


def make_task(model):
    """Returns the `TagAudio` of a model that knows its media format."""
    return tagger(model, media_format_of(model))


def tagger(model, media_format):
    """Returns the `TagAudio` of a model.

    Args:
        model: a classifier of clips.
        media_format: the `MediaFormat` of its clips.
    """
    shapes = {tensor.name: tensor.shape for tensor in model.inputs}
    return TagAudio(
        model,
        num_audio_samples=shapes["video"][1] * media_format.samples_per_frame,
        sample_rate=media_format.sample_rate,
    )


def media_format_of(model):
    """Returns the `MediaFormat` that a model was trained on."""
    known = getattr(model, "preprocessing", None) or {}
    if "media_format" not in known:
        raise ValueError(
            "The model does not say which frame rate and sample rate it takes."
        )
    return MediaFormat(**known["media_format"])
