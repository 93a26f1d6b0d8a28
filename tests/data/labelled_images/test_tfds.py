"""TensorFlow Datasets, on data sets made here and made up by it."""

import re

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data import shards
from keras_perceiver.data.labelled_images.sources import open_images
from keras_perceiver.data.labelled_images.tfds import ImagesFromTfds
from tests.data.labelled_images.source_checks import check_order
from tests.data.labelled_images.source_checks import check_source
from tests.data.labelled_images.source_checks import names_of
from tests.data.labelled_images.source_checks import taken
from tests.image_samples import noise

tfds = pytest.importorskip(
    "tensorflow_datasets",
    reason="needs the extra `data`: pip install 'keras-perceiver[data]'",
)
KINDS = ["cat", "dog", "emu"]
WARDS = ["north", "south"]


def pictures(count, seed):
    """Examples with pixels, labels and what else is known of them."""
    numbers = np.arange(count)
    return tf.data.Dataset.from_tensor_slices(
        {
            "image": np.stack([noise(4, 5, seed=seed + n) for n in numbers]),
            "label": numbers % 3,
            "ward": numbers % 2,
            "is_night": numbers % 4 == 0,
            "age": numbers,
            "keeper": [f"keeper {number % 5}" for number in numbers],
            "story": ["once upon a time " * 9] * count,
            "weight": numbers.astype("float32"),
        }
    )


@pytest.fixture(scope="module", autouse=True)
def stored(tmp_path_factory):
    """Puts small data sets where TFDS looks for them."""
    folder = tmp_path_factory.mktemp("tfds")
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(4, 5, 3)),
            "label": tfds.features.ClassLabel(names=KINDS),
            "ward": tfds.features.ClassLabel(names=WARDS),
            "is_night": np.bool_,
            "age": np.int64,
            "keeper": tfds.features.Text(),
            "story": tfds.features.Text(),
            "weight": np.float32,
        }
    )
    sets = {
        "whole_zoo": {"train": pictures(90, 0)},
        "split_zoo": {"train": pictures(30, 0), "test": pictures(12, 50)},
        "testless_zoo": {"test": pictures(3, 0)},
        "three_zoo": {
            "train": pictures(9, 0),
            "test": pictures(5, 20),
            "validation": pictures(7, 40),
        },
    }
    for name, splits in sets.items():
        tfds.dataset_builders.store_as_tfds_dataset(
            name=name,
            version="1.2.0",
            features=features,
            split_datasets=splits,
            data_dir=folder,
        )
    two = tfds.features.FeaturesDict(
        {
            "left": tfds.features.Image(shape=(4, 5, 3)),
            "right": tfds.features.Image(shape=(4, 5, 3)),
            "kind": tfds.features.ClassLabel(names=KINDS),
            "depth": tfds.features.Image(shape=(4, 5, 1), dtype=np.float32),
        }
    )
    pairs = tf.data.Dataset.from_tensor_slices(
        {
            "left": np.zeros((9, 4, 5, 3), "uint8"),
            "right": np.full((9, 4, 5, 3), 9, "uint8"),
            "kind": np.arange(9) % 3,
            "depth": np.zeros((9, 4, 5, 1), "float32"),
        }
    )
    tfds.dataset_builders.store_as_tfds_dataset(
        name="pair_zoo",
        version="1.0.0",
        features=two,
        split_datasets={"train": pairs, "test": pairs},
        data_dir=folder,
    )
    tfds.core.add_data_dir(folder)
    return folder


@pytest.mark.parametrize(
    ("name", "num_training", "num_heldout"),
    [("split_zoo", 30, 12), ("three_zoo", 9, 7), ("whole_zoo", 81, 9)],
)
def test_what_holds_of_every_source_holds(name, num_training, num_heldout):
    source = open_images(f"tfds:{name}")
    check_source(source, num_training, num_heldout)
    assert source.class_names == KINDS
    assert source.description == f"tfds:{name}"
    assert source.record()["version"] == "1.2.0"


def test_it_holds_of_blocks_smaller_than_the_file(monkeypatch):
    monkeypatch.setattr(shards, "BLOCK_BYTES", 4 * 1000)
    check_source(open_images("tfds:split_zoo"), 30, 12)


def test_images_stay_as_they_are_stored():
    source = open_images("tfds:split_zoo")
    stored = tfds.load("split_zoo", split="test").as_numpy_iterator()
    for example, (_, label, content) in zip(
        stored, taken(source.heldout_examples()), strict=True
    ):
        assert content.startswith(b"\x89PNG")
        np.testing.assert_array_equal(
            tf.io.decode_png(content), example["image"]
        )
        assert label == example["label"]


def test_other_short_features_are_columns():
    source = open_images("tfds:split_zoo")
    columns = source.heldout_columns()
    assert set(columns) == {"label", "ward", "is_night", "age", "keeper"}
    stored = list(tfds.load("split_zoo", split="test").as_numpy_iterator())
    assert columns["ward"] == [WARDS[row["ward"]] for row in stored]
    assert columns["is_night"] == [str(row["is_night"]) for row in stored]
    assert columns["age"] == [str(row["age"]) for row in stored]
    assert columns["keeper"] == [row["keeper"].decode() for row in stored]
    few = source.heldout_columns(5)
    names = names_of(source.heldout_examples())
    rows = [names.index(name) for name in names_of(source.heldout_examples(5))]
    assert few["age"] == [columns["age"][row] for row in rows]


def test_a_skew_is_counted_once_and_kept(stored):
    source = open_images("tfds:split_zoo", 4.0)
    source.prepare()
    assert list(stored.glob("split_zoo/1.2.0/labels_*.json"))
    counts = source.training_counts()
    check_source(source, counts.sum(), 12)
    assert counts[0] == 10
    assert 0 < counts[2] < 10
    # TFDS is not disturbed.
    assert tfds.builder("split_zoo").is_prepared()


def test_counts_of_large_data_sets_are_not_read_unasked(monkeypatch):
    source = open_images("tfds:split_zoo")
    monkeypatch.setattr(
        "keras_perceiver.data.labelled_images.tfds._COUNTED_BYTES", 10
    )
    assert source.training_counts() is None
    source.check()
    assert taken(source.training_examples(0), 3)


def test_features_are_named_behind_a_hash():
    source = open_images("tfds:split_zoo#,ward")
    source.check()
    assert source.class_names == WARDS
    assert set(source.heldout_columns()) >= {"label", "age"}
    labels = source.heldout_columns()["label"]
    assert sorted(labels) == ["north"] * 6 + ["south"] * 6
    source = open_images("tfds:pair_zoo#right")
    source.check()
    assert source.class_names == KINDS
    (_, _, content), *_ = taken(source.heldout_examples())
    assert tf.reduce_max(tf.io.decode_png(content)) == 9


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nonsense", "no data set 'nonsense'"),
        ("split_zoo:9.9.9", "no data set 'split_zoo:9.9.9'"),
        ("split_zoo#imag", "no feature 'imag'. Did you mean 'image'?"),
        ("split_zoo#label", "'label' of split_zoo is not an image"),
        ("split_zoo#image,age", "'age' of split_zoo is not a class label"),
        ("pair_zoo", "several features of which each is an image: "),
        ("pair_zoo", "--data 'tfds:pair_zoo#IMAGE_FEATURE,LABEL_FEATURE'"),
        ("pair_zoo#depth", "are float32. Wanted: 8 or 16 bits"),
        ("glue/sst2", "glue/sst2 has no feature that is an image. It has: "),
    ],
)
def test_a_name_that_does_not_fit_is_told(name, said):
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        ImagesFromTfds(name)
    # TFDS's own message goes on over hundreds of lines.
    assert "\n" not in str(error.value)


def test_a_data_set_that_is_not_here_is_told_with_the_command():
    with pytest.raises(ValueError, match="not on this machine") as error:
        open_images("tfds:cifar10").check()
    assert "prepare --data 'tfds:cifar10'" in str(error.value)


def test_a_skew_that_leaves_a_class_empty_is_told():
    with pytest.raises(ValueError, match="of class 'dog', 'emu'") as error:
        open_images("tfds:three_zoo", 1e9).check()
    assert "Lower the label skew of 1e+09." in str(error.value)


def test_a_data_set_without_training_examples_is_told():
    with pytest.raises(
        ValueError, match=r"has no split 'train'\. It has: test"
    ):
        open_images("tfds:testless_zoo").check()


def test_what_has_to_be_fetched_by_hand_is_told(tmp_path, monkeypatch):
    source = open_images("tfds:imagenet2012")

    def refuse():
        raise AssertionError("Manual directory is empty. Register there.")

    monkeypatch.setattr(source._builder, "download_and_prepare", refuse)
    with pytest.raises(ValueError, match="Register there") as error:
        source.prepare()
    assert "cannot download imagenet2012" in str(error.value)


@pytest.mark.parametrize(
    ("name", "num_classes"), [("imagenet2012", 1000), ("cifar10", 10)]
)
def test_published_data_sets_are_read(name, num_classes):
    """TFDS makes up what stands in them, and knows no counts then."""
    with tfds.testing.mock_data(num_examples=40):
        source = open_images(f"tfds:{name}")
        source.prepare()
        assert len(source.class_names) == num_classes
        assert source.training_counts().sum() == 40
        check_order(source, 40)
        heldout = taken(source.heldout_examples())
        assert len(heldout) == 40
        few = taken(source.heldout_examples(7))
        assert len(few) == 7
        assert set(few) < set(heldout)
        columns = source.heldout_columns(7)
        assert len(columns["label"]) == 7
        assert source.record()["heldout_examples"] == 40
        source.check()
