"""The smallest language model that can be saved."""

TINY = {
    "max_length": 6,
    "embedding_dim": 4,
    "num_latents": 2,
    "latent_dim": 4,
    "num_self_attends_per_block": 1,
    "num_cross_attention_heads": 1,
    "num_self_attention_heads": 1,
    "num_decoder_heads": 1,
    "qk_channels": 4,
    "v_channels": 4,
    "decoder_qk_channels": 4,
    "decoder_v_channels": 4,
}
