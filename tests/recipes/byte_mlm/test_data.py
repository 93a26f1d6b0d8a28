"""Masked text: its batches, its held-out part and its baselines."""

import hashlib

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import NUM_SPECIAL_TOKENS
from tests.recipes.byte_mlm.opened_data import BATCH
from tests.recipes.byte_mlm.opened_data import LENGTH
from tests.recipes.byte_mlm.opened_data import TEXT
from tests.recipes.byte_mlm.opened_data import assert_same
from tests.recipes.byte_mlm.opened_data import batches
from tests.recipes.byte_mlm.opened_data import examples
from tests.recipes.byte_mlm.opened_data import opened


def test_example_n_is_the_same_wherever_one_begins(text_file):
    data = opened(text_file)
    straight = examples(data.training_dataset(0), 24)
    for start in (4, 5, 16):
        resumed = examples(data.training_dataset(start), 24 - start)
        assert_same(resumed, straight[start:])
    # And no two are alike.
    assert len({row[2].tobytes() for row in straight}) == 24
    masks = {(row[0] == MASK).tobytes() for row in straight}
    assert len(masks) > 10


def test_another_seed_gives_other_examples(text_file):
    one, same, other = (
        examples(opened(text_file, **{"training.seed": seed})
                 .training_dataset(0), 8)
        for seed in (0, 0, 1)
    )  # fmt: skip
    assert_same(one, same)
    for row, changed in zip(one, other, strict=True):
        assert (row[2] != changed[2]).any()


def test_shapes_are_static_and_types_those_of_the_model(text_file):
    dataset = opened(text_file).training_dataset(0)
    inputs, targets, weights = dataset.element_spec
    ids = tf.TensorSpec((BATCH, LENGTH), tf.int32)
    assert inputs == {
        "token_ids": ids,
        "padding_mask": tf.TensorSpec((BATCH, LENGTH), tf.bool),
    }
    assert targets == ids
    assert weights == tf.TensorSpec((BATCH, LENGTH), tf.float32)


def test_evaluation_depends_on_no_setting_of_training(text_file):
    one = opened(text_file).heldout_examples()
    for setting, value in {
        "training.seed": 1,
        "data.masking-probability": 0.5,
        "start.share": 1,
        "training.batch-size": 8,
    }.items():
        other = opened(text_file, **{setting: value}).heldout_examples()
        assert_same([one], [other])
    masked_ids, token_ids, is_masked = one
    assert token_ids.shape == (len(TEXT) // 10 // LENGTH, LENGTH)
    np.testing.assert_array_equal(masked_ids == MASK, is_masked)
    assert 0.1 < is_masked.mean() < 0.2


def test_no_held_out_byte_is_trained_on(text_file):
    data = opened(text_file)
    ids = np.stack([row[2] for row in examples(data.training_dataset(0), 100)])
    trained = {bytes(row.tolist()) for row in ids - NUM_SPECIAL_TOKENS}
    cut = len(TEXT) - len(TEXT) // 10
    assert all(text in TEXT[:cut] for text in trained)
    _, token_ids, _ = data.heldout_examples()
    heldout = bytes((token_ids - NUM_SPECIAL_TOKENS).ravel().tolist())
    assert TEXT[cut:].startswith(heldout)


def test_the_evaluation_dataset_is_the_heldout_examples(text_file):
    data = opened(text_file, **{"training.evaluation-examples": 10})
    masked_ids, token_ids, is_masked = data.heldout_examples()
    assert len(token_ids) == 10
    rows = batches(data.evaluation_dataset())
    assert [len(targets) for _, targets, _ in rows] == [4, 4, 2]
    for name, expected in {
        "token_ids": masked_ids,
        "padding_mask": np.ones_like(is_masked),
    }.items():
        seen = np.concatenate([inputs[name] for inputs, _, _ in rows])
        np.testing.assert_array_equal(seen, expected)
    targets, weights = (
        np.concatenate([row[i] for row in rows]) for i in (1, 2)
    )
    np.testing.assert_array_equal(targets, token_ids)
    np.testing.assert_array_equal(weights, is_masked)


def test_fewer_examples_than_a_batch_are_one_batch(text_file):
    data = opened(text_file, **{"training.evaluation-examples": 3})
    ((_, targets, _),) = batches(data.evaluation_dataset())
    assert targets.shape == (3, LENGTH)


def test_describe_says_what_is_read(text_file):
    data = opened(text_file, **{"training.evaluation-examples": 10})
    assert data.describe() == [
        f"text: {text_file} (1 file)",
        "held out: 10 examples of 32 bytes",
    ]


def test_the_record_identifies_the_text(text_file):
    record = opened(text_file).record()
    assert record["training_bytes"] + record["heldout_bytes"] == len(TEXT)
    assert record["sha256"] == hashlib.sha256(TEXT).hexdigest()
    text_file.write_bytes(TEXT.replace(b"w0500", b"w0501"))
    changed = opened(text_file).record()
    assert changed.pop("sha256") != record.pop("sha256")
    assert changed == record


def test_frequencies_are_those_of_words_in_the_training_text(text_file):
    frequencies = opened(text_file).token_frequencies()
    training = TEXT[: len(TEXT) - len(TEXT) // 10]
    assert frequencies.sum() == pytest.approx(1)
    in_words = len(training) - training.count(b" ")
    # No byte is impossible, and a blank is never masked.
    assert frequencies[ord("w")] == pytest.approx(
        (training.count(b"w") + 0.5) / (in_words + 128)
    )
    for byte in b" \n\xff":
        assert frequencies[byte] == pytest.approx(0.5 / (in_words + 128))


def test_baselines_are_counted_on_the_training_text(text_file):
    data = opened(text_file)
    measures = data.baselines()
    training = len(TEXT) - len(TEXT) // 10
    for measure in measures.values():
        assert f"counted on {training:,} bytes" in measure["description"]
    masked = data.heldout_examples()
    targets = masked[1][masked[2]] - NUM_SPECIAL_TOKENS
    # The commonest byte of the training text: of all words, "0" is in most.
    assert measures["unigram"]["accuracy"] == pytest.approx(
        (targets == ord("0")).mean()
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("data.masking-probability", -0.1),
        ("data.masking-probability", 1.5),
        ("start.visible-weight", -1),
        ("start.byte-probability", 2),
        ("start.share", 1.01),
    ],
)
def test_shares_are_from_0_to_1(setting, value, text_file):
    with pytest.raises(
        ValueError, match=f"--{setting} takes a number"
    ) as error:
        opened(text_file, **{setting: value})
    assert f"Received: {float(value)}" in str(error.value)


def test_too_little_text_is_told_before_training(tmp_path):
    path = tmp_path / "short.txt"
    # The held-out tenth is one byte short.
    path.write_bytes(b"x " * (LENGTH * 5 - 5))
    data = opened(path)
    with pytest.raises(ValueError, match="The held-out part") as error:
        data.check()
    for words in ("31 bytes", "takes 32", "--data", "--model.max-length"):
        assert words in str(error.value)
    path.write_bytes(b"x " * (LENGTH * 5))
    opened(path).check()


def test_prepare_passes_on_to_every_source(text_file):
    data = opened(f"{text_file}@1,{text_file}@2")
    calls = []
    for name, source in zip("ab", data.text.sources, strict=True):
        source.prepare = lambda name=name: calls.append(name)
    data.prepare()
    assert calls == ["a", "b"]
    # Files need none.
    opened(text_file).prepare()
