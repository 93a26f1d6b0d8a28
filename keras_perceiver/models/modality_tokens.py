"""Modalities as tokens with positions; what multimodal models share."""

import math

import keras

from keras_perceiver.layers import ModalityPadding
from keras_perceiver.layers import SpaceToDepth
from keras_perceiver.models.grid_positions import position_joiner


def video_tokens(
    video,
    patch_shape,
    num_bands,
    max_resolution=None,
    dtype=None,
    name="video",
):
    """Patches of a video with 3-D Fourier positions.

    Args:
        video: `(B, T, H, W, C)`.
        patch_shape: size of a patch in frames, rows and columns.
        num_bands: Fourier bands in each of the three dimensions.
        max_resolution: what the highest band resolves, in patches. None
            takes the grid's own size.
        dtype: dtype policy of every layer; None takes Keras's global one.
        name: the modality's name, which its layers' begin with.

    Returns:
        `(B, M, pt * ph * pw * C + 3 * (2 * num_bands + 1))`.
    """
    patches = SpaceToDepth(patch_shape, name=f"{name}_patches", dtype=dtype)(
        video
    )
    grid_shape, channels = patches.shape[1:-1], patches.shape[-1]
    tokens = keras.layers.Reshape(
        (math.prod(grid_shape), channels), name=f"{name}_rows", dtype=dtype
    )(patches)
    return position_joiner(grid_shape, num_bands, max_resolution, dtype, name)(
        tokens
    )


def waveform_tokens(
    audio,
    samples_per_patch,
    num_bands,
    max_resolution=None,
    dtype=None,
    name="audio",
):
    """Runs of samples with 1-D Fourier positions.

    Args:
        audio: `(B, num_audio_samples)`; `(B, num_audio_samples, C)` for a
            time series of C channels, such as stereo or a sensor's readings.
        samples_per_patch: samples that make one token, with all channels.
        num_bands: Fourier bands.
        max_resolution: what the highest band resolves, as a tuple of one
            number. None takes the number of tokens.
        dtype: dtype policy of every layer; None takes Keras's global one.
        name: the modality's name, which its layers' begin with.

    Returns:
        `(B, M, samples_per_patch * C + 2 * num_bands + 1)`.

    Raises:
        ValueError: if the samples do not fill the last token.
    """
    num_samples = audio.shape[1]
    if num_samples % samples_per_patch:
        raise ValueError(
            f"num_{name}_samples must be divisible by samples_per_patch. "
            f"Received: num_{name}_samples={num_samples}, "
            f"samples_per_patch={samples_per_patch}"
        )
    num_patches = num_samples // samples_per_patch
    tokens = keras.layers.Reshape(
        (num_patches, samples_per_patch * math.prod(audio.shape[2:])),
        name=f"{name}_rows",
        dtype=dtype,
    )(audio)
    return position_joiner(
        (num_patches,), num_bands, max_resolution, dtype, name
    )(tokens)


def spectrogram_tokens(
    audio, num_bands, max_resolution=None, dtype=None, name="audio"
):
    """Every value of a spectrogram with 2-D Fourier positions.

    Args:
        audio: `(B, frames, bins)`.
        num_bands: Fourier bands in each of the two dimensions.
        max_resolution: what the highest band resolves, in frames and bins.
            None takes the spectrogram's own size.
        dtype: dtype policy of every layer; None takes Keras's global one.
        name: the modality's name, which its layers' begin with.

    Returns:
        `(B, frames * bins, 1 + 2 * (2 * num_bands + 1))`.
    """
    grid_shape = audio.shape[1:]
    tokens = keras.layers.Reshape(
        (math.prod(grid_shape), 1), name=f"{name}_rows", dtype=dtype
    )(audio)
    return position_joiner(grid_shape, num_bands, max_resolution, dtype, name)(
        tokens
    )


def pad_to_widest(tokens, min_padding, suffix, dtype=None):
    """Gives all modalities one width, each with a learned vector of its own.

    Args:
        tokens: a dictionary from a modality's name to `(B, M, C)`.
        min_padding: how many channels the widest modality gets.
        suffix: what follows the modality's name in its layer's.
        dtype: dtype policy of every layer; None takes Keras's global one.

    Returns:
        The dictionary with all tokens `min_padding` wider than the widest.
    """
    channels = min_padding + max(rows.shape[-1] for rows in tokens.values())
    return {
        modality: ModalityPadding(
            channels, name=f"{modality}_{suffix}", dtype=dtype
        )(rows)
        for modality, rows in tokens.items()
    }
