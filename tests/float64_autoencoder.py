"""The multimodal autoencoder once more, in float64, and clips for it."""

import numpy as np

from tests import float64_reference
from tests.float64_reference import fourier_features
from tests.float64_reference import linear
from tests.float64_reference import part
from tests.random_values import random_array

TINY = {
    "video_shape": (2, 4, 6, 3),
    "num_audio_samples": 12,
    "num_classes": 7,
    "video_patch_shape": (1, 2, 3),
    "samples_per_patch": 4,
    "video_num_bands": 2,
    "video_max_resolution": (2, 5, 6),
    "audio_num_bands": 3,
    "audio_max_resolution": (12,),
    "label_query_dim": 9,
    "decoder_output_dim": 8,
    "min_padding": 2,
    "query_min_padding": 3,
    "num_latents": 5,
    "latent_dim": 12,
    "num_self_attends_per_block": 2,
    "num_self_attention_heads": 3,
    "num_decoder_heads": 2,
}
NUM_PIXELS, NUM_PATCHES = 2 * 4 * 6, 3
# Of three clips one has no label, and one lacks a pixel of its video.
LABEL = np.eye(7, dtype="float32")[[2, 5, 6]]
LABEL[1] = np.nan
VIDEO = random_array(3, 2, 4, 6, 3)
VIDEO[2, 1, 3, 4, 0] = np.nan
DATA = {"video": VIDEO, "audio": random_array(3, 12), "label": LABEL}
CHOSEN = {
    "video_indices": np.arange(18, dtype="int32").reshape(3, 6) * 19 % 48,
    "audio_indices": np.array([[2, 0], [1, 1], [0, 2]], "int32"),
}


def video_patches():
    """Patch by patch: frame, rows of 2 pixels, columns of 3."""
    patches = []
    for frame, row, column in np.ndindex(2, 2, 2):
        patch = VIDEO[
            :, frame, 2 * row : 2 * row + 2, 3 * column : 3 * column + 3
        ]
        patches.append(patch.reshape(3, 18))
    return np.stack(patches, axis=1).astype("float64")


def behind(tokens, *vectors):
    """Joins vectors, or one row for each token, behind all tokens."""
    shape = tokens.shape[:2]
    vectors = [np.broadcast_to(v, (*shape, v.shape[-1])) for v in vectors]
    return np.concatenate([tokens, *vectors], axis=-1)


def reference_tokens(weights):
    data = {
        "audio": behind(
            DATA["audio"].reshape(3, 3, 4).astype("float64"),
            fourier_features((3,), 3, (12,)),
        ),
        "video": behind(
            video_patches(), fourier_features((2, 2, 2), 2, (2, 5, 6))
        ),
        "label": LABEL[:, None].astype("float64"),
    }
    tokens = []
    for modality, rows in data.items():
        rows = behind(rows, weights[f"{modality}_padding/padding"])
        missing = np.isnan(rows).any(-1)
        rows[missing] = weights[f"{modality}_mask/token"]
        tokens.append(rows)
    return np.concatenate(tokens, axis=1)


def reference_queries(weights):
    video = fourier_features((2, 4, 6), 2, (2, 5, 6), endpoint=False)
    audio = fourier_features((3,), 3, (12,), endpoint=False)
    positions = {
        "audio": audio[CHOSEN["audio_indices"]],
        "video": video[CHOSEN["video_indices"]],
        "label": np.tile(weights["label_query/array"], (3, 1, 1)),
    }
    return np.concatenate(
        [
            behind(rows, weights[f"{modality}_query_padding/padding"])
            for modality, rows in positions.items()
        ],
        axis=1,
    )


def reference(weights):
    """The whole model in float64."""
    latents = float64_reference.cross_attention(
        part(weights, "encoder_cross_attention"),
        weights["latents/array"][None],
        reference_tokens(weights),
        num_heads=1,
    )
    for layer in ("self_attention_0", "self_attention_1"):
        latents = float64_reference.self_attention(
            part(weights, layer), latents, num_heads=3
        )
    rows = float64_reference.cross_attention(
        part(weights, "decoder_cross_attention"),
        reference_queries(weights),
        latents,
        num_heads=2,
        query_residual=False,
    )
    rows = linear(rows, part(weights, "decoder_output"))
    return {
        "audio": linear(rows[:, :2], part(weights, "audio_output")),
        "video": linear(rows[:, 2:8], part(weights, "video_output")),
        "label": linear(rows[:, 8], part(weights, "label_output")),
    }
