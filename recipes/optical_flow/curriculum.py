"""Which pair an example is made of, by its number.

On fresh pairs all the time, a Perceiver never finds out that it has to match
two frames: the loss stays where zero flow has it. Pairs that it meets again
and again can be learned by heart; it begins to match while it does, and pairs
that join the pool later are matched at once. All of that is a matter of the
data: the model and its loss know nothing of it.
"""

import dataclasses
import math

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Curriculum:
    """What changes while training goes on.

    Attributes:
        first_pairs: pairs in the pool of the first phase, or None for all.
        first_examples: examples of the first phase. Each of its pairs is fed
            forward and reversed, as examples of even and odd number.
        growth: pairs that join the pool with each example from then on.
        augmentation: its strength in the end.
        augmentation_examples: examples behind the first phase until
            augmentation, of which there is none before, is that strong.
        num_pairs: pairs there are, or None if there are as many as one wants.
        seed: of the choice.
    """

    first_pairs: int | None
    first_examples: int
    growth: float
    augmentation: float
    augmentation_examples: int
    num_pairs: int | None
    seed: int

    def __post_init__(self):
        for name, least, most in (
            ("first_pairs", 1, math.inf),
            ("first_examples", 0, math.inf),
            ("growth", 0, math.inf),
            ("augmentation", 0, 1),
            ("augmentation_examples", 0, math.inf),
            ("num_pairs", 1, math.inf),
        ):
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ValueError(
                    f"The curriculum takes {name} from {least} to {most}. "
                    f"Received: {value}"
                )

    def choose(self, number):
        """Chooses what an example is made of, inside a graph too.

        Args:
            number: int64 `()`, of the example.

        Returns:
            int64 `()`, the number of the pair; bool `()`, whether it is
            reversed; and float32 `()`, the strength of augmentation from 0
            to 1.
        """
        is_first = number < self.first_examples
        behind = tf.maximum(number - self.first_examples, 0)
        is_reversed = is_first & (number % 2 == 1)
        # Both directions of a pair are drawn by one number.
        draw = tf.where(is_first, number - number % 2, number)
        pair = tf.random.stateless_uniform(
            (),
            tf.stack([tf.cast(self.seed, tf.int64), draw]),
            maxval=self._pool(behind),
            dtype=tf.int64,
        )
        grown = tf.cast(behind, tf.float64) / max(self.augmentation_examples, 1)
        strength = self.augmentation * tf.cast(
            tf.minimum(grown, 1.0), tf.float32
        )
        return pair, is_reversed, tf.where(is_first, 0.0, strength)

    def _pool(self, behind):
        """How many pairs there are to choose from."""
        if self.first_pairs is None:
            return tf.constant(self.num_pairs or 2**62, tf.int64)
        joined = tf.cast(behind, tf.float64) * self.growth
        pool = self.first_pairs + tf.cast(joined, tf.int64)
        return (
            pool if self.num_pairs is None else tf.minimum(pool, self.num_pairs)
        )
