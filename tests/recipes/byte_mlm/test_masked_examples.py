"""Which bytes are masked, and which are scored."""

import types

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from keras_perceiver.data.byte_tokenizer import PAD
from tests.recipes.byte_mlm.opened_data import LENGTH
from tests.recipes.byte_mlm.opened_data import TEXT
from tests.recipes.byte_mlm.opened_data import assert_same
from tests.recipes.byte_mlm.opened_data import batches
from tests.recipes.byte_mlm.opened_data import examples
from tests.recipes.byte_mlm.opened_data import opened

BLANK = ord(" ") + NUM_SPECIAL_TOKENS


def test_whole_words_are_masked_and_scored_alone(text_file):
    rows = examples(opened(text_file).training_dataset(0), 200)
    masked_ids, is_valid, token_ids, weights = map(
        np.stack, zip(*rows, strict=True)
    )
    assert is_valid.all()
    is_masked = masked_ids == MASK
    np.testing.assert_array_equal(weights, is_masked)
    np.testing.assert_array_equal(masked_ids[~is_masked], token_ids[~is_masked])
    assert bytes((token_ids[0] - NUM_SPECIAL_TOKENS).tolist()) in TEXT
    assert not is_masked[token_ids == BLANK].any()
    # Neighbours in a word share its fate.
    in_word = (token_ids[:, 1:] != BLANK) & (token_ids[:, :-1] != BLANK)
    assert (is_masked[:, 1:] == is_masked[:, :-1])[in_word].all()
    assert 0.11 < is_masked[token_ids != BLANK].mean() < 0.19


def test_at_first_bytes_are_masked_and_visible_ones_scored_too(text_file):
    start = {"share": 0.5, "byte-probability": 0.3, "visible-weight": 0.25}
    settings = {f"start.{name}": value for name, value in start.items()}
    settings.update({"training.steps": 20, "data.masking-probability": 0.1})
    rows = examples(opened(text_file, **settings).training_dataset(0), 80)
    masked_ids, _, token_ids, weights = map(np.stack, zip(*rows, strict=True))
    is_masked = masked_ids == MASK
    # Half of 20 steps of 4 examples.
    is_early = np.arange(80)[:, None] < 40
    expected = np.where(is_masked, 1, np.where(is_early, 0.25, 0))
    np.testing.assert_array_equal(weights, expected)
    assert not is_masked[token_ids == BLANK].any()
    in_word = token_ids != BLANK
    early, late = is_masked[:40][in_word[:40]], is_masked[40:][in_word[40:]]
    # Of the 90% that no word takes along.
    assert early.mean() == pytest.approx(0.1 + 0.9 * 0.3, abs=0.07)
    assert late.mean() == pytest.approx(0.1, abs=0.06)
    # The later half is what it would have been without any of this.
    settings = {name: settings[name] for name in list(settings)[-2:]}
    plain = examples(opened(text_file, **settings).training_dataset(40), 40)
    assert_same(rows[40:], plain)


def test_padding_is_neither_read_nor_scored(text_file):
    """Documents that are shorter than an example, as TFDS has them."""
    data = opened(
        text_file,
        **{
            "start.share": 1,
            "start.byte-probability": 0.5,
            "start.visible-weight": 0.5,
        },
    )
    lengths = [5, LENGTH, 0, 17]
    words = tf.constant(np.frombuffer(TEXT, np.uint8))
    ends = tf.constant(lengths, tf.int64)
    windows = tf.data.Dataset.range(4).map(lambda i: words[: ends[i]])
    data.text = types.SimpleNamespace(
        training_windows=lambda length, seed, start: windows
    )
    ((inputs, targets, weights),) = batches(data.training_dataset(0))
    expected = np.arange(LENGTH) < np.array(lengths)[:, None]
    np.testing.assert_array_equal(inputs["padding_mask"], expected)
    np.testing.assert_array_equal(targets != PAD, expected)
    np.testing.assert_array_equal(inputs["token_ids"] != PAD, expected)
    np.testing.assert_array_equal(weights > 0, expected)
    assert set(np.unique(weights)) == {0, 0.5, 1}


def test_everything_may_be_masked(text_file):
    data = opened(text_file, **{"data.masking-probability": 1})
    ((inputs, token_ids, _),) = batches(data.training_dataset(0), 1)
    np.testing.assert_array_equal(
        inputs["token_ids"] == MASK, token_ids != BLANK
    )
