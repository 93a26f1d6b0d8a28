"""StarCraft II entity encoders: Perceiver IO, appendix B."""

from keras_perceiver.models.entity_encoder import entity_encoder
from keras_perceiver.models.entity_encoder import entity_transformer
from keras_perceiver.models.preset import Preset

_ENTITIES = {
    "num_entities": 512,
    "entity_dim": 256,
    "embedding_dim": 256,
    "pointer_channels": 32,
    "gelu_approximate": True,
    "dropout": 0.0,
}

PRESETS = {
    "starcraft_entities": Preset(
        entity_encoder,
        {
            **_ENTITIES,
            "query_dim": 128,
            "num_latents": 32,
            "latent_dim": 1024,
            "num_blocks": 1,
            "num_self_attends_per_block": 3,
            "num_cross_attention_heads": 1,
            "num_self_attention_heads": 8,
            "num_decoder_heads": 1,
            "qk_channels": 128,
            "v_channels": 128,
            "decoder_qk_channels": 128,
            "decoder_v_channels": 128,
            "widening_factor": 1,
            "cross_attention_widening_factor": 1,
            "encoder_query_residual": True,
            "decoder_query_residual": True,
        },
        10_799_008,
        "Perceiver IO, appendix B and tables 5, 6 and 9; latent_dim, heads "
        "and residuals are those of ImageNet, which the paper refers to "
        "without naming any, and the pointer is AlphaStar's in kind only; "
        "140M parameters are published, but of the whole agent",
        "",
        "0.93B",
    ),
    "starcraft_transformer": Preset(
        entity_transformer,
        {
            **_ENTITIES,
            "num_self_attends": 3,
            "num_self_attention_heads": 2,
            "qk_channels": 256,
            "v_channels": 256,
            "widening_factor": 4,
        },
        2_517_280,
        "Perceiver IO, appendix B and table 9 (AlphaStar's transformer); the "
        "pointer is AlphaStar's in kind only; 144M parameters are published, "
        "but of the whole agent",
        "",
        "3.3B",
    ),
}
