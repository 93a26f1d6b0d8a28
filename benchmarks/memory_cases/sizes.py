"""Numbers of the models that grow, ours and transformers'."""

WIDTH = 256  # Of inputs, latents and outputs.
NUM_LATENTS = 512
NUM_SELF_ATTENDS = 2
