"""Settings of a run that takes its steps in no time."""

SMALL_RUN = {
    "model.max-length": 32,
    "model.embedding-dim": 16,
    "model.num-latents": 4,
    "model.latent-dim": 16,
    "model.num-self-attends-per-block": 1,
    "model.qk-channels": 16,
    "model.v-channels": 16,
    "model.decoder-qk-channels": 16,
    "model.decoder-v-channels": 16,
    # So that a resumed run depends on the states of random generators.
    "model.dropout": 0.1,
    "optimizer.warmup-steps": 1,
    "training.batch-size": 4,
    "training.jit-compile": "false",
}
