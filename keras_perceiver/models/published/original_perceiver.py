"""The original Perceiver (arXiv 2103.03206) on ImageNet and ModelNet40."""

from keras_perceiver.models.original_perceiver import image_perceiver
from keras_perceiver.models.original_perceiver import point_perceiver
from keras_perceiver.models.preset import Preset

_PERCEIVER = {
    "num_bands": 64,
    "num_latents": 512,
    "latent_dim": 1024,
    "num_self_attends_per_block": 6,
    "num_cross_attention_heads": 1,
    "num_self_attention_heads": 8,
    # As wide as what is read: 261 or 387 by the cross-attends, 1024 by the
    # self-attends.
    "qk_channels": None,
    "v_channels": None,
    "widening_factor": 1,
    "cross_attention_widening_factor": 1,
    "encoder_query_residual": True,
    "share_cross_attention": True,
    "share_self_attention": True,
    "interleaved": True,
    "gelu_approximate": True,
    "dropout": 0.0,
}

PRESETS = {
    "imagenet_perceiver": Preset(
        image_perceiver,
        {
            **_PERCEIVER,
            "image_shape": (224, 224, 3),
            "max_resolution": (224, 224),
            "num_classes": 1000,
            "num_cross_attends": 8,
            "num_blocks": 8,
        },
        44_912_254,
        "Perceiver, section 4.1 and tables 5 to 7 (8 interleaved "
        "cross-attends); the 44.9M parameters say that all 8 latent "
        "transformers are one",
        "44.9M",
        "707.2B",
    ),
    "modelnet40_perceiver": Preset(
        point_perceiver,
        {
            **_PERCEIVER,
            # The paper has "around 2,000": this number is our choice.
            "num_points": 2048,
            "max_resolution": (2240, 2240, 2240),
            "num_classes": 40,
            "num_cross_attends": 2,
            "num_blocks": 2,
        },
        44_772_202,
        "Perceiver, section 4.3 (ModelNet40); num_points=2048 is our choice "
        "(the paper has around 2,000), and the inputs are the coordinates "
        "and their Fourier features alone. max_resolution is twice the "
        "maximum frequency of 1,120. No count is published",
    ),
}
