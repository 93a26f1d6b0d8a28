"""Joining data with positions."""

import keras
import numpy as np
import pytest

from keras_perceiver.layers import ConcatenateChannels
from tests.layer_checks import LayerCase
from tests.layer_checks import every_check
from tests.random_values import random_array

DATA, POSITIONS = random_array(2, 5, 3), random_array(2, 5, 4)


def joined(weights, inputs, positions):
    outputs = np.zeros((2, 5, 7))
    outputs[..., :3] = inputs
    outputs[..., 3:] = positions
    return outputs


def join_case(name, inputs, positions):
    return LayerCase(
        name,
        ConcatenateChannels,
        {},
        {"inputs": inputs, "positions": positions},
        {},
        joined,
    )


CASES = (
    join_case("both_batches", DATA, POSITIONS),
    join_case("one_grid_for_all", DATA, POSITIONS[:1]),
    join_case("one_example_everywhere", DATA[:1], POSITIONS),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_data_come_first():
    output = np.array(ConcatenateChannels()(DATA, POSITIONS[:1]))
    for example in range(2):
        np.testing.assert_array_equal(output[example, :, :3], DATA[example])
        np.testing.assert_array_equal(output[example, :, 3:], POSITIONS[0])


def test_an_empty_batch_stays_empty():
    output = ConcatenateChannels()(DATA[:0], POSITIONS[:1])
    assert output.shape == (0, 5, 7)


def test_a_model_with_a_free_batch_takes_one_example():
    """Which must not be mistaken for a batch that broadcasts."""
    data = keras.Input((5, 3))
    positions = keras.Input(batch_shape=(1, 5, 4))
    output = ConcatenateChannels()(data, positions)
    assert output.shape == (None, 5, 7)
    model = keras.Model([data, positions], output)
    for size in (1, 2):
        batch = [DATA[:size], POSITIONS[:1]]
        expected = ConcatenateChannels()(*batch)
        np.testing.assert_array_equal(model(batch), expected)
        model.compile(jit_compile=True)
        answered = model.predict_on_batch(batch)
        np.testing.assert_array_equal(answered, expected)


@pytest.mark.parametrize(
    ("inputs", "positions", "words"),
    [
        (DATA, POSITIONS[:, :4], ["shape (2, 5, 3)", "shape (2, 4, 4)"]),
        (DATA[0], POSITIONS, ["inputs of shape (5, 3)", "batch axis"]),
        (DATA, POSITIONS[0], ["positions of shape (5, 4)", "batch axis"]),
    ],
)
def test_what_cannot_be_joined_is_named(inputs, positions, words):
    with pytest.raises(ValueError, match="'joined'") as error:
        ConcatenateChannels(name="joined")(inputs, positions)
    for word in words:
        assert word in str(error.value)
