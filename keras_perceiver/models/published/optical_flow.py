"""Optical flow: Perceiver IO, section 4.2, appendix H, tables 3, 5 and 16."""

from keras_perceiver.models.conv_flow import conv_flow
from keras_perceiver.models.optical_flow import patch_flow
from keras_perceiver.models.optical_flow import separate_frames_flow
from keras_perceiver.models.preset import Preset

_COMMON = {
    "image_shape": (368, 496, 3),
    "num_bands": 64,
    "flow_scale": 0.2,
    "num_latents": 2048,
    "latent_dim": 512,
    "num_blocks": 1,
    "num_self_attends_per_block": 24,
    "num_cross_attention_heads": 1,
    "num_self_attention_heads": 16,
    "num_decoder_heads": 1,
    # The width of what is read: the inputs' in the cross-attend, 512 in the
    # processor. One number could not say both.
    "qk_channels": None,
    "v_channels": None,
    "decoder_qk_channels": 512,
    "decoder_v_channels": 512,
    "widening_factor": 1,
    "cross_attention_widening_factor": 1,
    "encoder_query_residual": True,
    "decoder_query_residual": False,
    "gelu_approximate": True,
    "dropout": 0.0,
}
_PATCHES = {
    **_COMMON,
    "patch_size": 3,
    "projection_dim": 64,
    "max_resolution": (368, 496),
}
_CONVOLUTION = {
    **_COMMON,
    "stem_channels": 64,
    "max_resolution": (92, 124),
    "decoder_output_dim": 64,
    "upsampling_dim": 128,
}
_PRINTED = (
    "The printed 27.9M parameters and 987B FLOPs are those of the same model "
    "with num_latents=1024 and num_self_attends_per_block=16"
)
_NOT_PRINTED = (
    "The width of the upsampling's hidden layer is not given; nor are "
    "parameters and FLOPs"
)

PRESETS = {
    "optical_flow": Preset(
        patch_flow,
        _PATCHES,
        41_057_134,
        "Perceiver IO, appendix H, tables 3 and 16 (3x3 patches, frames "
        f"concatenated), as released. {_PRINTED}",
    ),
    "optical_flow_pixels": Preset(
        patch_flow,
        {**_PATCHES, "patch_size": 1},
        41_054_062,
        "Perceiver IO, appendix H, table 16 (1x1 patches, frames "
        f"concatenated). {_PRINTED}",
    ),
    "optical_flow_separate_frames": Preset(
        separate_frames_flow,
        {**_PATCHES, "max_resolution": (2, 368, 496)},
        41_720_272,
        "Perceiver IO, appendix H, tables 5 and 16 (3x3 patches, frames not "
        "concatenated). The resolution of time is not given: 2, the number "
        "of frames, as the reference takes by default",
    ),
    "optical_flow_conv": Preset(
        conv_flow,
        _CONVOLUTION,
        41_119_610,
        "Perceiver IO, appendix H, table 16 (convolution and max-pooling, "
        f"RAFT upsampling, 24 layers). {_NOT_PRINTED}",
    ),
    "optical_flow_conv_small": Preset(
        conv_flow,
        {
            **_CONVOLUTION,
            "num_latents": 1024,
            "num_self_attends_per_block": 16,
        },
        27_971_450,
        "Perceiver IO, appendix H, table 16 (convolution and max-pooling, "
        f"RAFT upsampling, 16 layers). {_NOT_PRINTED}",
    ),
}
