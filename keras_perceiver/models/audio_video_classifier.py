"""Perceiver IO for classifying video with sound."""

import keras

from keras_perceiver.models.heads import query_classifier
from keras_perceiver.models.modality_tokens import pad_to_widest
from keras_perceiver.models.modality_tokens import spectrogram_tokens
from keras_perceiver.models.modality_tokens import video_tokens
from keras_perceiver.models.modality_tokens import waveform_tokens


def waveform_video_classifier(
    *,
    video_shape,
    num_audio_samples,
    num_classes,
    video_patch_shape,
    samples_per_patch,
    video_num_bands,
    audio_num_bands,
    query_dim,
    video_max_resolution=None,
    audio_max_resolution=None,
    min_padding=4,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=False,
    gelu_approximate=True,
    dtype=None,
    **encoder,
):
    """Builds the AudioSet model of raw audio and video.

    Perceiver IO, appendix C; Perceiver, section 4.2. Patches of video and of
    audio with Fourier positions, padded to one width, are read by the
    latents; one learned query reads the latents back.

    Args:
        video_shape: `(T, H, W, 3)`.
        num_audio_samples: length of the waveform.
        num_classes: number of labels, of which a clip may have several.
        video_patch_shape: frames, rows and columns of a patch.
        samples_per_patch: samples of audio in one token.
        video_num_bands: Fourier bands in each dimension of the video.
        audio_num_bands: Fourier bands of the audio.
        query_dim: width of the learned query.
        video_max_resolution: three numbers, what the highest bands resolve.
            Defaults to the number of patches in each dimension.
        audio_max_resolution: the same for audio, a tuple of one number.
        min_padding: learned channels that the widest modality gets.
        dtype: dtype policy of every layer. Logits are float32 under all.

    The other arguments are those of `decoder`, and `**encoder` those of
    `encode`.

    Returns:
        A functional model from `video` `(B, T, H, W, 3)` and `audio` `(B,
        num_audio_samples)` to logits `(B, num_classes)`, one sigmoid each.
        Its view `encode` takes the same inputs and gives latents; its view
        `decode` takes `latents` alone.

    Raises:
        ValueError: if patches do not fill the video or the audio, or a
            resolution has too few or too many numbers.
    """
    audio = keras.Input((num_audio_samples,), name="audio")
    tokens = waveform_tokens(
        audio, samples_per_patch, audio_num_bands, audio_max_resolution, dtype
    )
    return _classifier(
        audio,
        tokens,
        video_shape=video_shape,
        num_classes=num_classes,
        video_patch_shape=video_patch_shape,
        video_num_bands=video_num_bands,
        video_max_resolution=video_max_resolution,
        min_padding=min_padding,
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        query_dim=query_dim,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )


def spectrogram_video_classifier(
    *,
    video_shape,
    spectrogram_shape,
    num_classes,
    video_patch_shape,
    video_num_bands,
    audio_num_bands,
    query_dim,
    video_max_resolution=None,
    audio_max_resolution=None,
    min_padding=4,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=False,
    gelu_approximate=True,
    dtype=None,
    **encoder,
):
    """Builds the AudioSet model of a mel spectrogram and video.

    Like `waveform_video_classifier`, but each value of the spectrogram is a
    token, with a position in time and frequency.

    Args:
        spectrogram_shape: `(frames, bins)`.
        audio_num_bands: Fourier bands in time and in frequency.
        audio_max_resolution: two numbers, what the highest bands resolve.
            Defaults to `spectrogram_shape`.

    The other arguments are those of `waveform_video_classifier`.

    Returns:
        A functional model from `video` `(B, T, H, W, 3)` and `audio` `(B,
        frames, bins)` to logits `(B, num_classes)`, with the views of
        `waveform_video_classifier`.

    Raises:
        ValueError: if patches do not fill the video, or a resolution has too
            few or too many numbers.
    """
    audio = keras.Input(tuple(spectrogram_shape), name="audio")
    tokens = spectrogram_tokens(
        audio, audio_num_bands, audio_max_resolution, dtype
    )
    return _classifier(
        audio,
        tokens,
        video_shape=video_shape,
        num_classes=num_classes,
        video_patch_shape=video_patch_shape,
        video_num_bands=video_num_bands,
        video_max_resolution=video_max_resolution,
        min_padding=min_padding,
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        query_dim=query_dim,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )


def _classifier(
    audio,
    audio_tokens,
    *,
    video_shape,
    video_patch_shape,
    video_num_bands,
    video_max_resolution,
    min_padding,
    dtype,
    **others,
):
    """The model with its views, from tokens of audio and their input."""
    video = keras.Input(tuple(video_shape), name="video")
    tokens = {
        "audio": audio_tokens,
        "video": video_tokens(
            video,
            video_patch_shape,
            video_num_bands,
            video_max_resolution,
            dtype,
        ),
    }
    tokens = pad_to_widest(tokens, min_padding, "padding", dtype)
    join = keras.layers.Concatenate(axis=1, name="tokens", dtype=dtype)
    tokens = join([tokens["audio"], tokens["video"]])  # (B, Ma + Mv, C)
    return query_classifier(
        "audio_video_classifier",
        {"video": video, "audio": audio},
        tokens,
        dtype=dtype,
        **others,
    )
