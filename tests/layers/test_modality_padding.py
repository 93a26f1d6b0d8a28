"""Bringing the tokens of several modalities to one width."""

import keras
import numpy as np
import pytest

from keras_perceiver.layers import ModalityPadding
from tests.layer_checks import LayerCase
from tests.layer_checks import built
from tests.layer_checks import every_check
from tests.random_values import named_weights
from tests.random_values import random_array


def padded(weights, inputs):
    rows = [[[*row, *weights["padding"]] for row in rows] for rows in inputs]
    return np.array(rows)


def padding_case(name, inputs):
    return LayerCase(
        name,
        ModalityPadding,
        {"channels": 7},
        {"inputs": inputs},
        {"padding": (3,)},
        padded,
    )


CASES = (
    padding_case("batch", random_array(2, 5, 4)),
    padding_case("one_row", random_array(1, 1, 4)),
)


@every_check(*CASES)
def test_holds_what_every_layer_holds(check, case, tmp_path):
    check(case, tmp_path)


def test_every_token_gets_the_same_vector_behind_it():
    layer = built(CASES[0])
    outputs = np.array(layer(CASES[0].inputs["inputs"]))
    np.testing.assert_array_equal(outputs[..., :4], CASES[0].inputs["inputs"])
    vectors = outputs[..., 4:].reshape(-1, 3)
    assert (vectors == keras.ops.convert_to_numpy(layer.padding)).all()


def test_two_modalities_are_told_apart():
    """They have one width then, and vectors of their own."""
    audio, video = ModalityPadding(9), ModalityPadding(9)
    padded_audio = np.array(audio(np.zeros((2, 3, 5))))
    padded_video = np.array(video(np.zeros((2, 6, 5))))
    assert padded_audio.shape[-1] == padded_video.shape[-1]
    assert np.abs(padded_audio[0, 0] - padded_video[0, 0]).max() > 0.001


def test_starts_as_the_reference_does():
    layer = ModalityPadding(20_000)
    layer(np.zeros((1, 1, 4)))
    padding = keras.ops.convert_to_numpy(layer.padding)
    assert padding.std() == pytest.approx(0.0176, rel=0.02)
    assert 0.039 < np.abs(padding).max() <= 0.04


def test_tokens_of_the_wanted_width_pass_unchanged():
    layer, tokens = ModalityPadding(4), random_array(2, 5, 4)
    np.testing.assert_array_equal(layer(tokens), tokens)
    assert not named_weights(layer)


def test_an_empty_batch_stays_empty():
    assert ModalityPadding(7)(np.zeros((0, 5, 4))).shape == (0, 5, 7)


def test_wider_tokens_are_refused():
    with pytest.raises(ValueError, match="fewer channels") as error:
        ModalityPadding(3, name="audio_padding")(np.zeros((1, 2, 4)))
    for word in ("audio_padding", "(1, 2, 4)", "channels=3"):
        assert word in str(error.value)
