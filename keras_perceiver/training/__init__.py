"""Training: optimiser, run folder, exact resume, strategies."""
