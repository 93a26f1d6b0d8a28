"""Initial values of the reference that Keras has no name for."""

import keras


def haiku_linear():
    """What `hk.Linear` and `hk.Conv2D` start with.

    A normal of scale 1/sqrt(fan_in), cut at two of them and not rescaled for
    the cut: a realised deviation of 0.88/sqrt(fan_in). Attention and MLPs
    use Keras's `lecun_normal`, which is rescaled.
    """
    # Keras divides by the deviation of the cut normal; this undoes it.
    deviation_of_cut_normal = 0.87962566103423978
    return keras.initializers.VarianceScaling(
        deviation_of_cut_normal**2, "fan_in", "truncated_normal"
    )
