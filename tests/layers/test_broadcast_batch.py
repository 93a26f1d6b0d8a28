"""What all examples share, once for each of them."""

import numpy as np

from keras_perceiver.layers import BroadcastBatch
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

SHARED = random_array(1, 2, 4)

CASES = (
    LayerCase(
        "rows",
        BroadcastBatch,
        {},
        {"inputs": SHARED, "like": random_array(3, 5)},
        {},
        lambda weights, inputs, like: np.stack([inputs[0]] * len(like)),
    ),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_every_example_gets_the_shared_rows_whatever_it_holds():
    for like in (np.zeros((4, 1)), np.full((4, 2, 3), np.nan)):
        rows = np.array(BroadcastBatch()(SHARED, like))
        assert rows.shape == (4, 2, 4)
        assert (rows == SHARED).all()


def test_an_empty_batch_has_none():
    assert BroadcastBatch()(SHARED, np.zeros((0, 7))).shape == (0, 2, 4)
