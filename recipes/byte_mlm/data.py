"""Masked examples of bytes, and what is counted beside them."""

import dataclasses

from recipes.byte_mlm import baselines
from recipes.language_baselines import MAXIMUM_BYTES
from recipes.language_data import MaskedByteData


class ByteMaskingData(MaskedByteData):
    """Windows of text with whole words masked.

    Args:
        configuration: the recipe's configuration.

    Raises:
        ValueError: if there is too little text for one example, or a number
            is out of range.
    """

    def __init__(self, configuration):
        super().__init__(configuration)
        self.check_start("byte_probability")

    @property
    def single_probability(self):
        return self.start.byte_probability

    def baselines(self):
        measures = baselines.measure(
            self.text.training_sample(MAXIMUM_BYTES),
            *self.heldout_examples(),
        )
        return {
            name: dataclasses.asdict(measure)
            for name, measure in measures.items()
        }
