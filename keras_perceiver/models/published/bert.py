"""BERT as Perceiver IO's baseline: section 4.1, tables 1 and 11."""

from keras_perceiver.models.preset import Preset
from keras_perceiver.models.transformer_baseline import language_transformer

_BASE = {
    "vocabulary_size": 32_000,
    "max_length": 512,
    "embedding_dim": 768,
    "num_self_attends": 12,
    "num_self_attention_heads": 12,
    "qk_channels": 768,
    "v_channels": 768,
    "widening_factor": 4,
    "embedding_stddev": 0.02,
    "position_stddev": 0.02,
    "gelu_approximate": True,
    "dropout": 0.0,
}

PRESETS = {
    "bert_base": Preset(
        language_transformer,
        _BASE,
        110_025_216,
        "Perceiver IO, table 1 and 11 (BERT Base, SentencePiece)",
        "110M",
        "109B",
    ),
    "bert_bytes": Preset(
        language_transformer,
        {
            **_BASE,
            "vocabulary_size": 262,
            "max_length": 2048,
            "embedding_dim": 512,
            "num_self_attends": 6,
            "num_self_attention_heads": 8,
            "qk_channels": 512,
            "v_channels": 512,
        },
        20_098_048,
        "Perceiver IO, table 1 and 11 (BERT on UTF-8 bytes, matching FLOPs); "
        "table 11 has inputs of width 768, appendix F.3 a model of width 512, "
        "which the 20M parameters confirm",
        "20M",
        "130B",
    ),
}
