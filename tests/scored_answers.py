"""Answers of attention that gives its scores beside them."""

import numpy as np

from keras_perceiver import layers
from keras_perceiver.layers.attention_memory import DEFAULT_BYTES
from tests.float64_reference import assert_near


def assert_same_answer(with_scores, without):
    """The same numbers, whether or not scores were asked for.

    Scores are made for all queries at once. Where attention without them takes
    its queries in chunks, products have other sizes, and a processor may
    round them otherwise.
    """
    if layers.get_attention_memory() < DEFAULT_BYTES:
        assert_near(with_scores, without, 1e-6)
    else:
        np.testing.assert_array_equal(with_scores, without)
