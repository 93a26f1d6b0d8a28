"""Perceiver IO for autoencoding video, audio and label together."""

import keras

from keras_perceiver.layers import BroadcastBatch
from keras_perceiver.layers import FourierPositionEncoding
from keras_perceiver.layers import LearnedArray
from keras_perceiver.layers import ModalityMask
from keras_perceiver.layers import SliceTokens
from keras_perceiver.layers.initializers import haiku_linear
from keras_perceiver.models.encode_decode import attach_views
from keras_perceiver.models.encode_decode import decoder
from keras_perceiver.models.encode_decode import encode
from keras_perceiver.models.encode_decode import latents_input
from keras_perceiver.models.modality_tokens import pad_to_widest
from keras_perceiver.models.modality_tokens import video_tokens
from keras_perceiver.models.modality_tokens import waveform_tokens

# Of tokens and of queries, here and in the published weights.
_ORDER = ("audio", "video", "label")


def autoencoder(
    *,
    video_shape,
    num_audio_samples,
    num_classes,
    video_patch_shape,
    samples_per_patch,
    video_num_bands,
    video_max_resolution,
    audio_num_bands,
    audio_max_resolution,
    label_query_dim,
    decoder_output_dim,
    min_padding=4,
    query_min_padding=2,
    num_decoder_heads=1,
    decoder_qk_channels=None,
    decoder_v_channels=None,
    decoder_query_residual=False,
    gelu_approximate=True,
    dtype=None,
    **encoder,
):
    """Builds the multimodal autoencoder of Perceiver IO, section 4.3.

    Patches of video and of audio with Fourier positions and the label as
    one token, padded to one width, are read by the latents. Each wanted
    pixel and each wanted patch of audio has a query made of its position,
    the label a learned one; one cross-attend writes them all. Whatever
    token holds a NaN is not given, and a learned one stands in for it: a
    label of NaNs asks for classification.

    Args:
        video_shape: `(T, H, W, 3)`.
        num_audio_samples: length of the waveform.
        num_classes: width of the label.
        video_patch_shape: frames, rows and columns of a patch that is read.
        samples_per_patch: samples of audio that are read and written as one.
        video_num_bands: Fourier bands in each dimension of the video.
        video_max_resolution: three numbers, what the highest bands resolve;
            in patches, for the queries of pixels too, as in the reference.
        audio_num_bands: Fourier bands of the audio.
        audio_max_resolution: the same for audio, a tuple of one number; in
            samples in the reference.
        label_query_dim: width of the label's learned query.
        decoder_output_dim: width that the written rows are projected to,
            before each modality has a projection of its own.
        min_padding: learned channels that the widest modality gets.
        query_min_padding: the same for queries.
        dtype: dtype policy of every layer. Outputs are float32 under all.

    The other arguments are those of `decoder`, and `**encoder` those of
    `encode`.

    Returns:
        A functional model from `video` `(B, T, H, W, 3)` in [0, 1], `audio`
        `(B, num_audio_samples)` in [-1, 1], `label` `(B, num_classes)`,
        one-hot or NaN, `video_indices` `(B, P)`, flat int32 indices of
        pixels in `(T, H, W)`, and `audio_indices` `(B, Q)` of patches. It
        gives `video` `(B, P, 3)`, `audio` `(B, Q, samples_per_patch)` and
        the logits `label` `(B, num_classes)`. Its view `encode` takes the
        three data inputs and gives latents; its view `decode` takes
        `latents` and both indices. Indices with a batch of one serve all
        latents.

    Raises:
        ValueError: if patches do not fill the video or the audio, or a
            resolution has too few or too many numbers.
    """
    given = {
        "video": keras.Input(tuple(video_shape), name="video"),
        "audio": keras.Input((num_audio_samples,), name="audio"),
        "label": keras.Input((num_classes,), name="label"),
    }
    video_settings = (video_num_bands, video_max_resolution, dtype)
    audio_settings = (audio_num_bands, audio_max_resolution, dtype)
    tokens = {
        "audio": waveform_tokens(
            given["audio"], samples_per_patch, *audio_settings
        ),
        "video": video_tokens(
            given["video"], video_patch_shape, *video_settings
        ),
        "label": keras.layers.Reshape(
            (1, num_classes), name="label_rows", dtype=dtype
        )(given["label"]),
    }
    num_patches = tokens["audio"].shape[1]
    tokens = pad_to_widest(tokens, min_padding, "padding", dtype)
    latents = encode(
        _join(_stand_in(tokens, dtype), "tokens", dtype),  # (B, M, C)
        gelu_approximate=gelu_approximate,
        dtype=dtype,
        **encoder,
    )  # (B, N, D)

    wanted = {
        "video_indices": _indices_input("video_indices"),
        "audio_indices": _indices_input("audio_indices"),
    }
    queries = {
        "audio": _position_queries(
            wanted["audio_indices"], "audio", (num_patches,), *audio_settings
        ),
        "video": _position_queries(
            wanted["video_indices"], "video", video_shape[:-1], *video_settings
        ),
        "label": _label_query(wanted["audio_indices"], label_query_dim, dtype),
    }
    queries = pad_to_widest(queries, query_min_padding, "query_padding", dtype)
    joined_queries = _join(queries, "queries", dtype)  # (B, O, E)
    write = decoder(
        num_decoder_heads=num_decoder_heads,
        decoder_qk_channels=decoder_qk_channels,
        decoder_v_channels=decoder_v_channels,
        decoder_query_residual=decoder_query_residual,
        gelu_approximate=gelu_approximate,
        dtype=dtype,
    )
    project = _dense(decoder_output_dim, "decoder_output", dtype)
    heads = _heads(
        queries,
        {
            "audio": samples_per_patch,
            "video": video_shape[-1],
            "label": num_classes,
        },
        dtype,
    )

    def outputs_of(latents):
        return heads(project(write(joined_queries, latents)))

    return _with_views(given, wanted, latents, outputs_of)


def _with_views(given, wanted, latents, outputs_of):
    """The whole model from data and indices to outputs, and its halves."""
    given_latents = latents_input(latents)
    return attach_views(
        keras.Model(
            {**given, **wanted}, outputs_of(latents), name="autoencoder"
        ),
        encode=keras.Model(given, latents, name="autoencoder_encode"),
        decode=keras.Model(
            {"latents": given_latents, **wanted},
            outputs_of(given_latents),
            name="autoencoder_decode",
        ),
    )


def _indices_input(name):
    return keras.Input((None,), dtype="int32", name=name)


def _dense(channels, name, dtype):
    return keras.layers.Dense(
        channels, kernel_initializer=haiku_linear(), name=name, dtype=dtype
    )


def _stand_in(tokens, dtype):
    """Learned tokens for what is NaN, in padded tokens of one width."""
    return {
        modality: ModalityMask(name=f"{modality}_mask", dtype=dtype)(rows)
        for modality, rows in tokens.items()
    }


def _join(rows, name, dtype):
    join = keras.layers.Concatenate(axis=1, name=name, dtype=dtype)
    return join([rows[modality] for modality in _ORDER])


def _position_queries(
    indices, modality, grid_shape, num_bands, max_resolution, dtype
):
    return FourierPositionEncoding(
        grid_shape,
        num_bands,
        max_resolution,
        # As in the reference, wherever outputs are chosen by index. What is
        # read has the end of the grid in its positions.
        endpoint=False,
        name=f"{modality}_query_positions",
        dtype=dtype,
    )(indices)


def _label_query(like, channels, dtype):
    """One learned query, once for each row of the batch."""
    query = LearnedArray(1, channels, name="label_query", dtype=dtype)(like)
    repeat = BroadcastBatch(name="label_query_rows", dtype=dtype)
    return repeat(query, like)  # (B, 1, E)


def _heads(queries, channels, dtype):
    """Layers that take the joined rows apart and project each modality's.

    Args:
        queries: the queries of each modality, for how many there are.
        channels: the width of each modality's outputs.
        dtype: dtype policy; the outputs themselves are float32.

    Returns:
        A function from rows `(B, O, C)` to the dictionary of outputs.
    """
    dense = {
        # Not the modality's own name, which is that of an input.
        modality: _dense(width, f"{modality}_output", "float32")
        for modality, width in channels.items()
    }
    take_audio = SliceTokens(name="audio_slice", dtype=dtype)
    take_video = SliceTokens(name="video_slice", dtype=dtype)

    def outputs_of(rows):
        audio = take_audio(rows, queries["audio"])
        video = take_video(rows, queries["video"], behind=queries["audio"])
        return {
            "video": dense["video"](video),  # (B, P, 3)
            "audio": dense["audio"](audio),  # (B, Q, samples_per_patch)
            "label": dense["label"](rows[:, -1]),  # (B, num_classes)
        }

    return outputs_of
