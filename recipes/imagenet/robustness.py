"""Noise, covered parts and attacks that images are to withstand."""

import tensorflow as tf

from keras_perceiver.data import corruptions
from keras_perceiver.data import images
from keras_perceiver.training.attacks import PixelAttack
from recipes.robustness import Robustness

_WHITE = 255.0


def _corruptions(configuration):
    changes = {
        f"noise of {share:.0%}": _noise(share) for share in (0.1, 0.2, 0.4)
    }
    changes |= {
        f"{share:.0%} covered": _cover(share) for share in (0.1, 0.25, 0.5)
    }
    return changes


def _noise(share):
    def change(pixels, seeds):
        noisy = corruptions.add_noise(
            images.denormalize(pixels), seeds, deviation=share * _WHITE
        )
        # What no camera writes is cut off.
        return images.normalize(tf.clip_by_value(noisy, 0.0, _WHITE))

    return change


def _cover(share):
    # Normalized, the mean color is 0.
    return lambda pixels, seeds: corruptions.occlude(
        pixels, seeds, share=share, value=0.0
    )


def _attack(model, loss, configuration, strength, steps):
    return PixelAttack(
        model,
        loss,
        bound=images.normalize(strength) - images.normalize(0.0),
        lowest=images.normalize(0.0),
        highest=images.normalize(_WHITE),
        steps=steps,
    )


ROBUSTNESS = Robustness(
    corruptions=_corruptions,
    attack=_attack,
    strengths=(4, 8, 16, 32),
    largest_strength=255,
    unit="no pixel is changed by more than that, of 255; 10 gradients",
    training_steps=3,
    evaluation_steps=10,
)
