"""What the models of video and audio cost."""

import math

from keras_perceiver.cost.blocks import read_and_write
from keras_perceiver.cost.heads import query_classifier
from keras_perceiver.cost.inputs import fourier_channels
from keras_perceiver.cost.inputs import pad_to_widest
from keras_perceiver.cost.inputs import spectrogram_tokens
from keras_perceiver.cost.inputs import video_tokens
from keras_perceiver.cost.inputs import waveform_tokens


def autoencoder(
    trace,
    *,
    video_shape,
    num_audio_samples,
    num_classes,
    video_patch_shape,
    samples_per_patch,
    video_num_bands,
    audio_num_bands,
    label_query_dim,
    decoder_output_dim,
    min_padding,
    query_min_padding,
    num_video_outputs=None,
    num_audio_outputs=None,
    **others,
):
    """What `models.autoencoder` builds.

    `num_video_outputs` and `num_audio_outputs` are how many pixels and audio
    patches are asked for: all, if they are None.
    """
    with trace.part("preprocessing"):
        tokens = [
            waveform_tokens(
                trace, num_audio_samples, samples_per_patch, audio_num_bands
            ),
            video_tokens(
                trace, video_shape, video_patch_shape, video_num_bands
            ),
            trace.given(1, num_classes),
        ]
        tokens = [
            _stand_in(trace, rows)
            for rows in pad_to_widest(trace, tokens, min_padding)
        ]
        joined = trace.concatenate_rows(*tokens)
    if num_video_outputs is None:
        num_video_outputs = math.prod(video_shape[:-1])
    if num_audio_outputs is None:
        num_audio_outputs = num_audio_samples // samples_per_patch

    def queries_of():
        queries = [
            _position_queries(trace, num_audio_outputs, 1, audio_num_bands),
            _position_queries(trace, num_video_outputs, 3, video_num_bands),
            _label_query(trace, label_query_dim),
        ]
        rows = pad_to_widest(trace, queries, query_min_padding)
        return trace.of_free_length(trace.concatenate_rows(*rows))

    rows = read_and_write(trace, joined, queries_of, **others)
    with trace.part("head"):
        rows = trace.linear(rows, decoder_output_dim)
        for length, channels in (
            (num_audio_outputs, samples_per_patch),
            (num_video_outputs, video_shape[-1]),
            (1, num_classes),
        ):
            taken = trace.some_rows(rows, length)
            trace.output(trace.linear(trace.float32(taken), channels))


def waveform_video_classifier(
    trace, *, num_audio_samples, samples_per_patch, audio_num_bands, **others
):
    """What `models.waveform_video_classifier` builds."""
    with trace.part("preprocessing"):
        audio = waveform_tokens(
            trace, num_audio_samples, samples_per_patch, audio_num_bands
        )
    _classifier(trace, audio, **others)


def spectrogram_video_classifier(
    trace, *, spectrogram_shape, audio_num_bands, **others
):
    """What `models.spectrogram_video_classifier` builds."""
    with trace.part("preprocessing"):
        audio = spectrogram_tokens(trace, spectrogram_shape, audio_num_bands)
    _classifier(trace, audio, **others)


def _classifier(
    trace,
    audio,
    *,
    video_shape,
    video_patch_shape,
    video_num_bands,
    min_padding,
    **others,
):
    with trace.part("preprocessing"):
        video = video_tokens(
            trace, video_shape, video_patch_shape, video_num_bands
        )
        tokens = pad_to_widest(trace, [audio, video], min_padding)
        joined = trace.concatenate_rows(*tokens)
    query_classifier(trace, joined, **others)


def _stand_in(trace, rows):
    """What `ModalityMask` does."""
    trace.add_parameters(rows.channels)
    return trace.elementwise(rows)


def _position_queries(trace, length, num_dimensions, num_bands):
    indices = trace.given(length, 1)
    channels = fourier_channels(num_dimensions, num_bands)
    return trace.operation([indices], length, channels)


def _label_query(trace, channels):
    """One learned query, once for each example."""
    query = trace.learned(1, channels)
    return trace.operation([query], 1, channels, batch=trace.batch)
