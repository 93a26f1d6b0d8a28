"""Masked pieces, against the library and the masked words of the text."""

import itertools
import json
import math

import numpy as np
import pytest
import sentencepiece

from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import PAD
from keras_perceiver.data.sentencepiece_tokenizer import SentencepieceTokenizer
from keras_perceiver.data.sentencepiece_tokenizer import as_preprocessing
from recipes.assignments import assign
from recipes.sentencepiece_mlm import RECIPE
from recipes.sentencepiece_mlm.data import count_pieces
from tests.vocabularies import NUM_PIECES
from tests.vocabularies import TEXT
from tests.vocabularies import normalising_model
from tests.vocabularies import small_model

LENGTH = 16
BATCH = 4
# Of lines that differ, so that no window is like another.
LINES = "".join(f"{n} {TEXT[n % 90 : n % 90 + 60]}\n" for n in range(400))


@pytest.fixture(scope="module")
def text_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text(LINES)
    return path


@pytest.fixture(scope="module")
def vocabulary_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("vocabulary") / "small.model"
    path.write_bytes(small_model())
    return path


def opened(source, vocabulary, **settings):
    values = {
        "data": source,
        "data.vocabulary": vocabulary,
        "model.vocabulary-size": NUM_PIECES + 6,
        "model.max-length": LENGTH,
        "training.batch-size": BATCH,
        "start.share": 0,
        "data.masking-probability": 0.15,
        **settings,
    }
    pairs = [(key, str(value)) for key, value in values.items()]
    return RECIPE.open_data(assign(RECIPE.configuration("tiny"), pairs))


@pytest.fixture(scope="module")
def data(text_file, vocabulary_file):
    return opened(text_file, vocabulary_file)


def examples(dataset, count):
    rows = []
    batches = dataset.as_numpy_iterator()
    for inputs, targets, weights in itertools.islice(batches, count // BATCH):
        parts = inputs["token_ids"], inputs["padding_mask"], targets, weights
        rows += list(zip(*parts, strict=True))
    return rows


def test_pieces_are_those_of_the_library(data):
    library = sentencepiece.SentencePieceProcessor(model_proto=small_model())
    _, token_ids, _ = data.heldout_examples()
    windows = data.heldout_windows()
    for window, row in zip(windows, token_ids, strict=True):
        expected = np.array(library.encode(window.tobytes()))[:LENGTH] + 6
        np.testing.assert_array_equal(row[: len(expected)], expected)
        assert (row[len(expected) :] == PAD).all()


def test_whole_words_are_masked_and_scored_alone(data):
    masked_ids, token_ids, is_masked = data.heldout_examples()
    np.testing.assert_array_equal(masked_ids == MASK, is_masked)
    np.testing.assert_array_equal(masked_ids[~is_masked], token_ids[~is_masked])
    assert 0.08 < is_masked.mean() < 0.22
    texts = data.tokenizer.token_bytes
    for row, mask in zip(token_ids, is_masked, strict=True):
        row = [texts[i] for i in row]
        for left, right in zip(range(LENGTH), range(1, LENGTH), strict=False):
            joined = row[left][-1:].strip() and row[right][:1].strip()
            # Letters without a blank between share their fate.
            assert not joined or mask[left] == mask[right]
        assert not any(text.isspace() for text in np.array(row)[mask])


def test_the_same_words_are_masked_as_among_bytes(data):
    """Counted from the text of masked pieces, blanks aside."""
    _, token_ids, is_masked = data.heldout_examples()
    _, num_bytes = data.heldout_reach()
    texts = data.tokenizer.token_bytes
    for row, mask, count in zip(token_ids, is_masked, num_bytes, strict=True):
        text = b"".join(texts[i] for i in row[mask])
        assert len(text.replace(b" ", b"")) == count
    nats = 2.5
    expected = nats * is_masked.sum() / num_bytes.sum() / math.log(2)
    assert data.bits_per_byte(nats) == pytest.approx(expected)


def test_example_n_is_the_same_wherever_one_begins(data):
    straight = examples(data.training_dataset(0), 16)
    resumed = examples(data.training_dataset(8), 8)
    for row, expected in zip(resumed, straight[8:], strict=True):
        for one, other in zip(row, expected, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len({row[2].tobytes() for row in straight}) > 12


def test_at_first_single_pieces_are_masked_too(text_file, vocabulary_file):
    start = {"share": 0.5, "piece-probability": 0.3, "visible-weight": 0.25}
    settings = {f"start.{name}": value for name, value in start.items()}
    settings |= {"training.steps": 20, "data.masking-probability": 0}
    data = opened(text_file, vocabulary_file, **settings)
    rows = examples(data.training_dataset(0), 80)
    masked_ids, is_valid, token_ids, weights = map(
        np.stack, zip(*rows, strict=True)
    )
    is_masked = masked_ids == MASK
    assert not is_masked[40:].any()
    assert 0.2 < is_masked[:40][is_valid[:40]].mean() < 0.35
    # Half of 20 steps of 4 examples.
    is_early = np.arange(80)[:, None] < 40
    expected = np.where(is_masked, 1, np.where(is_early & is_valid, 0.25, 0))
    np.testing.assert_array_equal(weights, expected)
    np.testing.assert_array_equal(is_valid, token_ids != PAD)


def test_counts_are_those_of_the_library():
    tokenizer = SentencepieceTokenizer(small_model())
    library = sentencepiece.SentencePieceProcessor(model_proto=small_model())
    text = b"the statement is used  in\tit"
    counted = count_pieces(np.frombuffer(text, np.uint8), tokenizer)
    pieces = library.encode(text)
    assert (counted.num_bytes, counted.num_pieces) == (len(text), len(pieces))
    words = [i for i in pieces if not tokenizer.token_bytes[i + 6].isspace()]
    expected = np.bincount(words, minlength=NUM_PIECES)
    np.testing.assert_array_equal(counted.in_words, expected)


def test_baselines_are_counted_on_the_training_text(data):
    measures = data.baselines()
    assert list(measures) == ["most_frequent_piece", "unigram"]
    frequencies = data.token_frequencies()
    assert frequencies.sum() == pytest.approx(1)
    assert frequencies.min() > 0
    _, token_ids, is_masked = data.heldout_examples()
    targets = token_ids[is_masked] - 6
    unigram = measures["unigram"]
    # Smoothed by one and not by a half.
    expected = -np.log(frequencies[targets]).mean()
    assert unigram["nats"] == pytest.approx(expected, rel=0.02)
    assert unigram["accuracy"] == (targets == frequencies.argmax()).mean()
    assert unigram["bits_per_byte"] == data.bits_per_byte(unigram["nats"])
    assert measures["most_frequent_piece"]["bits_per_byte"] is None


def test_windows_have_as_many_bytes_as_pieces_have(data):
    counted = count_pieces(data.text.training, data.tokenizer)
    per_piece = counted.num_bytes / counted.num_pieces
    assert data.window_bytes == math.ceil(LENGTH * per_piece)
    assert f"{per_piece:.1f}" in data.describe()[-1]


def test_a_vocabulary_is_trained_on_the_text_alone(text_file):
    data = opened(text_file, "none")
    data.check()
    again = opened(text_file, "none")
    assert data.tokenizer.vocabulary_size == NUM_PIECES + 6
    assert data.tokenizer.model_bytes == again.tokenizer.model_bytes
    assert data.record() == again.record()
    library = sentencepiece.SentencePieceProcessor(
        model_proto=data.tokenizer.model_bytes
    )
    # The names of lines in the held-out tenth were never seen.
    assert library.encode("399", out_type=str) != ["399"]


def test_weights_bring_their_vocabulary_along(text_file, data, tmp_path):
    """What `--from FOLDER --data.vocabulary FOLDER` trains on."""
    beside = as_preprocessing(data.tokenizer)
    description = {"preset": "x", "overrides": {}, "preprocessing": beside}
    (tmp_path / "model.json").write_text(json.dumps(description))
    same = opened(text_file, tmp_path)
    assert same.tokenizer.model_bytes == data.tokenizer.model_bytes
    RECIPE.check_start(same, beside)
    with pytest.raises(ValueError, match="another vocabulary"):
        RECIPE.check_start(opened(text_file, "none"), beside)
    with pytest.raises(ValueError, match="without a SentencePiece model"):
        RECIPE.check_start(same, None)


def test_more_pieces_than_a_text_gives_are_told(text_file):
    data = opened(text_file, "none", **{"model.vocabulary-size": 9_000})
    with pytest.raises(ValueError, match="at most") as error:
        data.check()
    for words in ("--model.vocabulary-size 9000", "--data", "special tokens"):
        assert words in str(error.value)


def test_a_vocabulary_that_does_not_fit_is_refused(text_file, tmp_path):
    path = tmp_path / "other.model"
    path.write_bytes(normalising_model())
    with pytest.raises(ValueError, match="does not fit the model's") as error:
        opened(text_file, path).check()
    for words in ("48 pieces", "--model.vocabulary-size 54"):
        assert words in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a PDF file", "no SentencePiece model"),
        (b"", "is empty"),
        (None, "does not exist"),
    ],
)
def test_a_file_that_is_no_vocabulary_is_named(
    content, said, text_file, tmp_path
):
    path = tmp_path / "some.model"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises((ValueError, OSError), match=said) as error:
        opened(text_file, path).check()
    assert f"--data.vocabulary {path}" in str(error.value)


def test_too_little_text_is_told_before_a_vocabulary_is_trained(tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("a few words")
    with pytest.raises(ValueError, match="one example takes 16"):
        opened(path, "none").check()


@pytest.mark.parametrize("setting", ["piece-probability", "visible-weight"])
def test_shares_are_from_0_to_1(setting, text_file, vocabulary_file):
    with pytest.raises(ValueError, match=f"--start.{setting} takes a number"):
        opened(text_file, vocabulary_file, **{f"start.{setting}": 2})
