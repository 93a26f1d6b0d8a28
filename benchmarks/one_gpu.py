"""How many examples one GPU trains on, by arithmetic and assumptions."""

# Dense bfloat16 of one H100 SXM, and the share of it that training reaches:
# an assumption, and a high one.
_PEAK_FLOPS = 989e12
_UTILISATION = 0.4
# A training step is a forward pass and a backward one, twice its cost.
_PASSES = 3
ASSUMED = (
    f"one GPU of {_PEAK_FLOPS / 1e12:.0f} TFLOP/s, {_UTILISATION:.0%} of "
    f"which are reached, a step costing {_PASSES} forward passes"
)


def examples_per_second(flops):
    """Returns how many it takes, a forward pass having so many operations."""
    return _PEAK_FLOPS * _UTILISATION / (_PASSES * flops)
