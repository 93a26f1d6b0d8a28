"""Text from TensorFlow Datasets, on data sets made here."""

import itertools
import re

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data import text
from keras_perceiver.data import text_tfds
from keras_perceiver.data.text import open_text
from keras_perceiver.data.text_tfds import TextFromTfds

tfds = pytest.importorskip(
    "tensorflow_datasets",
    reason="needs the extra `data`: pip install 'keras-perceiver[data]'",
)
DATA_SETS = {
    "one_split": {"train": ("t", 1000)},
    "two_splits": {"train": ("t", 300), "test": ("h", 50)},
    "three_splits": {
        "train": ("t", 20),
        "test": ("x", 20),
        "validation": ("h", 20),
    },
}


def documents(letter, count):
    """Documents of seven bytes, each with its number, and of one byte."""
    texts = [f"{letter}{number:05d}." for number in range(count)]
    examples = {"text": texts, "title": [letter.upper()] * count}
    return tf.data.Dataset.from_tensor_slices(examples)


@pytest.fixture(scope="module", autouse=True)
def stored(tmp_path_factory):
    """Puts small data sets where TFDS looks for them."""
    folder = tmp_path_factory.mktemp("tfds")
    feature = tfds.features.Text()
    features = tfds.features.FeaturesDict({"text": feature, "title": feature})
    for name, splits in DATA_SETS.items():
        tfds.dataset_builders.store_as_tfds_dataset(
            name=name,
            version="1.2.0",
            features=features,
            split_datasets={
                split: documents(*what) for split, what in splits.items()
            },
            data_dir=folder,
            # Documents keep their order on disk, which TFDS then guards.
            disable_shuffling=name == "one_split",
        )
    tfds.core.add_data_dir(folder)


def windows(source, count, length=1000, **settings):
    dataset = source.training_windows(length, **{"seed": 0, **settings})
    assert dataset.element_spec.dtype == np.uint8
    found = itertools.islice(dataset.as_numpy_iterator(), count)
    return [window.tobytes() for window in found]


def numbers(joined):
    """The numbers of the documents in a window, and the first letters."""
    parts = joined.split(b"\n\n")
    assert {len(part) for part in parts} == {7}
    return [int(part[1:6]) for part in parts], {part[:1] for part in parts}


@pytest.mark.parametrize("name", ["two_splits", "three_splits"])
def test_ten_documents_of_the_training_split_are_joined(name):
    count = DATA_SETS[name]["train"][1]
    found = windows(TextFromTfds(name), count // 10)
    seen = []
    for window in found:
        packed, letters = numbers(window)
        assert len(packed) == 10
        assert letters == {b"t"}
        seen += packed
    # An epoch is every document once, in another order.
    assert sorted(seen) == list(range(count))
    assert seen != sorted(seen)


def test_windows_never_end():
    assert len(windows(TextFromTfds("three_splits"), 7)) == 7


def test_windows_are_cropped_at_random_places():
    source = TextFromTfds("two_splits")
    whole, cropped = windows(source, 30), windows(source, 30, length=20)
    places = [a.index(b) for a, b in zip(whole, cropped, strict=True)]
    assert {len(window) for window in cropped} == {20}
    # Ten documents and nine separators are 88 bytes.
    assert min(places) < 15
    assert max(places) > 53
    again = windows(source, 30, length=20, seed=1)
    assert again != cropped


@pytest.mark.parametrize("name", ["one_split", "two_splits"])
def test_a_window_is_the_same_from_any_start(name):
    source = TextFromTfds(name)
    found = windows(source, 45, length=20, seed=3)
    # 300 documents are 30 windows: the last start is in the second epoch.
    for start in (1, 29, 40):
        rest = windows(source, 45 - start, length=20, seed=3, start=start)
        assert rest == found[start:]


@pytest.mark.parametrize("name", ["two_splits", "three_splits"])
def test_another_split_is_held_out(name):
    source = TextFromTfds(name)
    found = source.heldout_windows(9, limit=15)
    assert found.dtype == np.uint8
    assert found.shape == (15, 9)
    # 15 whole documents, each with the separator behind it.
    seen, letters = numbers(found.tobytes().removesuffix(b"\n\n"))
    assert letters == {b"h"}
    assert len(set(seen)) == 15


def test_the_end_of_a_sole_split_is_held_out():
    source = TextFromTfds("one_split")
    heldout, _ = numbers(source.heldout_windows(88).tobytes())
    assert heldout == list(range(990, 1000))
    epoch = [number for w in windows(source, 99) for number in numbers(w)[0]]
    assert sorted(epoch) == list(range(990))


def test_heldout_windows_are_in_a_row_and_always_the_same():
    source = TextFromTfds("two_splits")
    short, long = (source.heldout_windows(size) for size in (5, 50))
    assert short.tobytes()[:400] == long.tobytes()[:400]
    assert len(long) == (9 * 50 - 2) // 50
    np.testing.assert_array_equal(source.heldout_windows(50, limit=3), long[:3])


def test_the_sample_is_of_training_text():
    source = TextFromTfds("two_splits")
    sample = source.training_sample(9 * 20)
    assert sample.dtype == np.uint8
    _, letters = numbers(sample.tobytes().removesuffix(b"\n\n"))
    assert letters == {b"t"}
    assert len(source.training_sample(10**6)) == 9 * 300 - 2


def test_another_feature_is_named_behind_a_hash():
    source = open_text("tfds:two_splits#title")
    assert windows(source, 2) == [b"\n\n".join([b"T"] * 10)] * 2
    assert source.description == "tfds:two_splits#title"
    assert open_text("tfds:two_splits").record() == {
        "description": "tfds:two_splits",
        "version": "1.2.0",
    }


def test_a_mixture_takes_data_sets():
    mixed = open_text("tfds:two_splits@1,tfds:three_splits#title@1")
    mixed.check(20)
    letters = [window[:1] for window in windows(mixed, 40, length=7)]
    assert letters.count(b"t") + letters.count(b"T") < 40
    rest = windows(mixed, 10, length=7, start=30)
    assert rest == windows(mixed, 40, length=7)[30:]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nonsense", "no data set 'nonsense'"),
        ("c4/xx", "BuilderConfig xx not found"),
        ("c4/en:9.9.9", "9.9.9, only: 3.1.0"),
        ("two_splits#txt", "no feature 'txt'. Did you mean 'text'?"),
        ("ag_news_subset#label", "'label' of ag_news_subset is no text"),
        ("ag_news_subset", "Name it with --data tfds:ag_news_subset#FEATURE"),
    ],
)
def test_an_unknown_name_is_told(name, said):
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        TextFromTfds(name)
    # TFDS's own message goes on over hundreds of lines.
    assert "\n" not in str(error.value)


def test_a_data_set_that_is_not_here_is_told_with_the_command():
    TextFromTfds("two_splits").check(10**9)
    said = "tfds:c4/en is not on this machine"
    with pytest.raises(ValueError, match=said) as error:
        open_text("tfds:c4/en").check(10)
    assert "prepare --data tfds:c4/en" in str(error.value)


def test_published_data_sets_have_their_text_feature():
    """As in the paper's mixture; TFDS makes up what stands in it."""
    with tfds.testing.mock_data(num_examples=30):
        for name in ("c4/en", "wikipedia/20230601.en"):
            source = TextFromTfds(name)
            source.prepare()
            for window in windows(source, 5, length=40):
                assert len(window) == 40
            assert source.heldout_windows(16, limit=3).shape == (3, 16)


def test_the_separator_is_that_of_other_sources():
    assert text_tfds.DOCUMENT_SEPARATOR == text.DOCUMENT_SEPARATOR
