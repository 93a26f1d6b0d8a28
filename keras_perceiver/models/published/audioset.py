"""Classifiers of video with sound: Perceiver IO, appendix C, table 10."""

from keras_perceiver.models.audio_video_classifier import (
    spectrogram_video_classifier,
)
from keras_perceiver.models.audio_video_classifier import (
    waveform_video_classifier,
)
from keras_perceiver.models.preset import Preset

_AUDIOSET = {
    "video_shape": (32, 224, 224, 3),
    "num_classes": 527,
    "video_patch_shape": (2, 8, 8),
    # 384 + 3 * (2 * 16 + 1) + 4 is the published width, 487.
    "video_num_bands": 16,
    "video_max_resolution": (16, 28, 28),
    "audio_num_bands": 64,
    "min_padding": 4,
    "query_dim": 1024,
    "num_latents": 512,
    "num_blocks": 1,
    "num_self_attends_per_block": 12,
    "num_cross_attention_heads": 1,
    "num_self_attention_heads": 8,
    "num_decoder_heads": 1,
    # As wide as what is read: 487 by the encoder, the latents elsewhere.
    "qk_channels": None,
    "v_channels": None,
    "decoder_qk_channels": None,
    "decoder_v_channels": None,
    "widening_factor": 1,
    "cross_attention_widening_factor": 1,
    "encoder_query_residual": True,
    "decoder_query_residual": True,
    "gelu_approximate": True,
    "dropout": 0.0,
}

_READING = (
    "16 video bands are what width 487 leaves, not the 64 of appendix G; "
    "heads and the query residual are those of ImageNet, resolutions the "
    "numbers of tokens, since the paper gives neither"
)

PRESETS = {
    "audioset_raw": Preset(
        waveform_video_classifier,
        {
            **_AUDIOSET,
            "num_audio_samples": 61_440,
            "samples_per_patch": 128,
            "audio_max_resolution": (480,),
            "latent_dim": 512,
        },
        24_922_462,
        f"Perceiver IO, tables 5, 6 and 10 (raw audio and video): {_READING}",
        "25.0M",
        "52.9B",
    ),
    "audioset_mel": Preset(
        spectrogram_video_classifier,
        {
            **_AUDIOSET,
            "spectrogram_shape": (75, 64),
            "audio_max_resolution": (75, 64),
            "latent_dim": 1024,
        },
        86_568_284,
        "Perceiver IO, tables 5, 6 and 10 (mel spectrogram and video): "
        f"{_READING}; 75 x 64 is our division of the 4,800 published tokens",
        "88.2M",
        "129.5B",
    ),
}
