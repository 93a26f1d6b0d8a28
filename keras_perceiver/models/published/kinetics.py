"""Multimodal autoencoders: Perceiver IO, section 4.3 and appendix I."""

from keras_perceiver.models.autoencoder import autoencoder
from keras_perceiver.models.preset import Preset

_KINETICS = {
    "video_shape": (16, 224, 224, 3),
    # Of 16 frames at 25 frames/s, at 48 kHz: 1,920 samples belong to a frame.
    "num_audio_samples": 30_720,
    "num_classes": 700,
    # 16 x 56 x 56 tokens of 48 numbers.
    "video_patch_shape": (1, 4, 4),
    # 1,920 tokens.
    "samples_per_patch": 16,
    # 3 x (2 x 32 + 1) = 195 channels of position.
    "video_num_bands": 32,
    # In patches, also for queries, which are of pixels.
    "video_max_resolution": (16, 56, 56),
    # 2 x 192 + 1 = 385 channels; why so many is not said. They are spread up
    # to what 30,720 samples resolve, though there are 1,920 positions, so that
    # most of them turn several times from one position to the next.
    "audio_num_bands": 192,
    "audio_max_resolution": (30_720,),
    # The label is the widest token: 700 + 4 = 704.
    "min_padding": 4,
    # Its query is the widest too: 1,024 + 2 = 1,026.
    "query_min_padding": 2,
    "label_query_dim": 1024,
    "decoder_output_dim": 512,
    # 28 x 28.
    "num_latents": 784,
    "latent_dim": 512,
    "num_blocks": 1,
    "num_self_attends_per_block": 8,
    "num_cross_attention_heads": 1,
    "num_self_attention_heads": 8,
    "num_decoder_heads": 1,
    # As wide as what is read: 704 by the encoder, 512 elsewhere.
    "qk_channels": None,
    "v_channels": None,
    "decoder_qk_channels": None,
    "decoder_v_channels": None,
    "widening_factor": 1,
    "cross_attention_widening_factor": 1,
    "encoder_query_residual": True,
    "decoder_query_residual": False,
    "gelu_approximate": True,
    "dropout": 0.0,
}

_READING = (
    "the released configuration, which has 32 video bands where the text "
    "says 64, and 16 samples in a patch of audio where table 5 counts 64"
)

PRESETS = {
    "kinetics_autoencoder": Preset(
        autoencoder,
        _KINETICS,
        19_858_855,
        f"Perceiver IO, section 4.3 (compression 88x): {_READING}",
        "20.0M",
        "6.85T",
    ),
    "kinetics_autoencoder_392": Preset(
        autoencoder,
        {**_KINETICS, "num_latents": 392},
        19_658_151,
        f"Perceiver IO, section 4.3 (compression 176x): {_READING}",
    ),
    "kinetics_autoencoder_196": Preset(
        autoencoder,
        {**_KINETICS, "num_latents": 196},
        19_557_799,
        f"Perceiver IO, section 4.3 (compression 352x): {_READING}",
    ),
}
