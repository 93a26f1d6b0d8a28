"""ImageNet classifiers: Perceiver IO, appendix A, tables 5 to 8."""

from keras_perceiver.models.image_classifier import conv_image_classifier
from keras_perceiver.models.image_classifier import conv_mean_classifier
from keras_perceiver.models.image_classifier import fourier_image_classifier
from keras_perceiver.models.image_classifier import fourier_mean_classifier
from keras_perceiver.models.image_classifier import learned_image_classifier
from keras_perceiver.models.image_classifier import learned_mean_classifier
from keras_perceiver.models.preset import Preset

_ENCODER = {
    "image_shape": (224, 224, 3),
    "num_classes": 1000,
    "num_latents": 512,
    "latent_dim": 1024,
    "num_blocks": 8,
    "num_self_attends_per_block": 6,
    "num_cross_attention_heads": 1,
    "num_self_attention_heads": 8,
    # As wide as what is read: 261, 512 or 322 by the cross-attend, 1024 by
    # the self-attends.
    "qk_channels": None,
    "v_channels": None,
    "widening_factor": 1,
    "cross_attention_widening_factor": 1,
    "encoder_query_residual": True,
    "gelu_approximate": True,
    "dropout": 0.0,
}
_FOURIER = {**_ENCODER, "num_bands": 64, "max_resolution": (224, 224)}
_LEARNED = {
    **_ENCODER,
    "pixel_projection_dim": 256,
    "position_dim": 256,
    "position_projection_dim": 256,
}
_CONV = {
    **_ENCODER,
    "stem_channels": 64,
    "num_stem_layers": 1,
    "stem_same_padding": True,
    "num_bands": 64,
    "max_resolution": (56, 56),
}
_DECODER = {
    "query_dim": 1024,
    "num_decoder_heads": 1,
    "decoder_qk_channels": 1024,
    "decoder_v_channels": 1024,
    "decoder_query_residual": True,
}
_JFT = {
    "num_blocks": 1,
    "num_self_attends_per_block": 16,
    "widening_factor": 4,
}
_JFT_READING = (
    "with the number of latents, their width and the heads of the models "
    "trained on ImageNet alone, since the paper gives none, and 1000 classes "
    "as fine-tuned (it says 18,000 once). The 212M parameters fit the 16 "
    "layers of the paper and these inputs; the FLOPs fit 12 layers"
)

PRESETS = {
    "imagenet_fourier": Preset(
        fourier_image_classifier,
        {**_FOURIER, **_DECODER},
        48_440_627,
        "Perceiver IO, appendix A, config A (2D Fourier features)",
        "48.4M",
        "407B",
    ),
    "imagenet_learned": Preset(
        learned_image_classifier,
        {**_LEARNED, **_DECODER, "decoder_query_residual": False},
        62_255_848,
        "Perceiver IO, appendix A, config A (learned positions); the decoder "
        "has no query residual, as in DeepMind's code. The published FLOPs "
        "are those of imagenet_fourier; these inputs are twice as wide",
        "62.3M",
        "407B",
    ),
    "imagenet_conv": Preset(
        conv_image_classifier,
        {**_CONV, **_DECODER},
        48_646_522,
        "Perceiver IO, appendix A, config A (convolution and max-pool)",
        "48.6M",
        "369B",
    ),
    "imagenet_fourier_mean_head": Preset(
        fourier_mean_classifier,
        _FOURIER,
        42_135_859,
        "Perceiver IO, tables 5 to 7 (Perceiver, 2D Fourier features)",
        "42.1M",
        "404B",
    ),
    "imagenet_learned_mean_head": Preset(
        learned_mean_classifier,
        _LEARNED,
        55_951_080,
        "Perceiver IO, tables 5 to 7 (Perceiver, learned positions). The "
        "published FLOPs are those of imagenet_fourier_mean_head; these "
        "inputs are twice as wide",
        "55.9M",
        "404B",
    ),
    "imagenet_conv_mean_head": Preset(
        conv_mean_classifier,
        _CONV,
        42_341_754,
        "Perceiver IO, tables 5 to 7 (Perceiver, convolution and max-pool). "
        "The published parameters are those of imagenet_fourier_mean_head",
        "42.1M",
        "367B",
    ),
    "imagenet_fourier_jft": Preset(
        fourier_image_classifier,
        {**_FOURIER, **_DECODER, **_JFT},
        212_170_035,
        "Perceiver IO, appendix A, config B (2D Fourier features, from JFT), "
        f"{_JFT_READING}. Inputs are 261 wide: both numbers leave out the "
        "projection of colours to 256 channels that the appendix mentions, "
        "with which there would be 213.1M parameters",
        "212M",
        "213B",
    ),
    "imagenet_conv_jft": Preset(
        conv_image_classifier,
        {**_CONV, **_DECODER, **_JFT},
        212_375_930,
        "Perceiver IO, appendix A, config B (convolution and max-pool, from "
        f"JFT), {_JFT_READING}",
        "212M",
        "176B",
    ),
}
