"""Pairs that are made while training reads them."""

import tensorflow as tf

from keras_perceiver.data.flow_pairs import scenes as scenes_lib
from keras_perceiver.data.flow_pairs.base import FlowPairs

# What is held out is the same whatever the seed of the training run is.
_HELDOUT_SEED = 20_210_729


class GeneratedPairs(FlowPairs):
    """Scenes of moving photographs; see `scenes`.

    Args:
        words: where the photographs come from, for people.
        training: `Photographs` that training's scenes are made of.
        heldout: those of the scenes that are held out.
        size: height and width of a frame.
        scenes: the `Scenes`.
        num_heldout: how many scenes are held out.
    """

    num_training = None

    def __init__(self, words, training, heldout, size, scenes, num_heldout):
        scenes.check(size)
        if num_heldout < 1:
            raise ValueError(
                "One scene or more is held out. Received: "
                f"--data.heldout-scenes {num_heldout}"
            )
        self.photographs = training
        self.heldout_photographs = heldout
        self.size = tuple(size)
        self.scenes = scenes
        self.num_heldout = num_heldout
        self.description = f"scenes of {len(training):,} photographs ({words})"

    def check(self):
        """Nothing can be wrong that was not told before."""

    def training_pairs(self, numbers, seed):
        return self._pairs(numbers, self.photographs, seed)

    def heldout_pairs(self):
        numbers = tf.data.Dataset.range(self.num_heldout)
        return self._pairs(numbers, self.heldout_photographs, _HELDOUT_SEED)

    def heldout_sizes(self):
        return [self.size] * self.num_heldout

    def _pairs(self, numbers, photographs, seed):
        # Converting each function that is called takes longer than tracing.
        @tf.autograph.experimental.do_not_convert
        def make(numbers):
            pairs = scenes_lib.generate(
                photographs, numbers, seed, self.size, self.scenes
            )
            return {**pairs, "valid": tf.ones_like(pairs["visible"])}

        at_once = scenes_lib.scenes_at_once(self.size)
        made = numbers.batch(at_once).map(
            make, num_parallel_calls=tf.data.AUTOTUNE
        )
        return made.unbatch()

    def record(self):
        return {
            "description": self.description,
            "heldout_photographs": list(self.heldout_photographs.names),
            "heldout_pairs": self.num_heldout,
            "sha256": self.photographs.digest(),
        }
