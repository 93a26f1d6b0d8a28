"""Sizes of language models that are smaller than the published ones.

They are the same wherever a model is pretrained or fine-tuned.
"""

TINY = {
    "embedding_dim": 64,
    "num_latents": 64,
    "latent_dim": 128,
    "num_self_attends_per_block": 2,
    "num_cross_attention_heads": 4,
    "num_self_attention_heads": 4,
    "num_decoder_heads": 4,
    "qk_channels": 128,
    "v_channels": 128,
    "decoder_qk_channels": 64,
    "decoder_v_channels": 64,
    # Logits start near zero, and positions weigh as much as tokens.
    "embedding_stddev": 0.2,
    "position_stddev": 0.2,
}
TINY_BYTES = {"max_length": 128, **TINY}

# A fifth of the published parameters, meant for one GPU.
BASE = {
    "embedding_dim": 512,
    "latent_dim": 768,
    "v_channels": 768,
    "decoder_v_channels": 512,
    "num_self_attends_per_block": 12,
}
BASE_BYTES = {"max_length": 1024, **BASE}
