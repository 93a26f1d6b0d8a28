"""TFRecords in the form that is usual for ImageNet."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data import shards
from keras_perceiver.data.labelled_images.sources import open_images
from tests.data.labelled_images.record_samples import IMAGE
from tests.data.labelled_images.record_samples import LABEL
from tests.data.labelled_images.record_samples import PNG
from tests.data.labelled_images.record_samples import example
from tests.data.labelled_images.record_samples import labelled
from tests.data.labelled_images.record_samples import message_of
from tests.data.labelled_images.record_samples import write
from tests.data.labelled_images.record_samples import write_shards
from tests.data.labelled_images.source_checks import check_source
from tests.data.labelled_images.source_checks import names_of
from tests.data.labelled_images.source_checks import taken


@pytest.fixture
def folder(tmp_path):
    return write_shards(tmp_path)


def test_what_holds_of_every_source_holds(folder):
    source = open_images(str(folder))
    check_source(source, 40, 6)
    assert source.class_names == ["1", "2", "3"]
    assert source.description == f"{folder} (7 TFRecord files)"


def test_it_holds_of_blocks_smaller_than_the_files(folder, monkeypatch):
    """As large data sets are read: several groups, several blocks each."""
    monkeypatch.setattr(shards, "BLOCK_BYTES", 3 * 150)
    monkeypatch.setattr(shards, "_READ_AT_ONCE", 2)
    check_source(open_images(str(folder)), 40, 6)


@pytest.mark.parametrize("pattern", ["*", "[tv]*-of-*", "**/*-of-*"])
def test_a_glob_is_what_it_matches(folder, pattern):
    source = open_images(f"{folder}/{pattern}")
    assert source.training_counts().sum() == 40
    assert len(names_of(source.heldout_examples())) == 6


def test_files_of_one_name_in_two_folders_are_told_apart(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        labelled(tmp_path / name / "train.tfrecord", [1, 2])
        labelled(tmp_path / name / "test.tfrecord", [1, 2])
    source = open_images(f"{tmp_path}/*/*.tfrecord")
    assert sorted(names_of(source.training_examples(0), 4)) == [
        "a/train.tfrecord:0",
        "a/train.tfrecord:1",
        "b/train.tfrecord:0",
        "b/train.tfrecord:1",
    ]


def test_files_called_otherwise_are_split_by_hash(tmp_path):
    for file in range(2):
        labelled(tmp_path / f"part{file}.tfrecord", [0, 1] * 50)
    source = open_images(str(tmp_path))
    count = len(names_of(source.heldout_examples()))
    assert 5 <= count <= 40
    check_source(source, 200 - count, count)
    one = open_images(str(tmp_path / "part0.tfrecord"))
    assert one.num_training() + one.num_heldout() == 100


@pytest.mark.parametrize(
    ("training", "heldout"),
    [
        ("flowers_train.tfrecord", "flowers_validation.tfrecord"),
        ("train.tfrecord", "val_0.tfrecord"),
        ("a-training.tfrecord-00000", "a-test.tfrecord-00000"),
        ("pets.tfrecord", "pets-test.tfrecord"),
    ],
)
def test_words_in_the_names_are_the_split(tmp_path, training, heldout):
    labelled(tmp_path / training, [0, 1, 1])
    labelled(tmp_path / heldout, [0, 1])
    source = open_images(str(tmp_path))
    source.check()
    assert names_of(source.heldout_examples()) == [
        f"{heldout}:0",
        f"{heldout}:1",
    ]
    assert source.training_counts().tolist() == [1, 2]


def test_validation_goes_before_test(folder):
    labelled(folder / "test-00000-of-00001", [1, 1, 1])
    assert len(names_of(open_images(str(folder)).heldout_examples())) == 6


def test_labels_count_from_one_unless_a_zero_occurs(tmp_path):
    labelled(tmp_path / "train.tfrecord", [1, 2, 2])
    labelled(tmp_path / "test.tfrecord", [1, 2])
    source = open_images(str(tmp_path))
    assert source.record()["first_label"] == 1
    assert source.training_counts().tolist() == [1, 2]
    assert sorted(
        label for _, label, _ in taken(source.heldout_examples())
    ) == [0, 1]
    # Even if it only occurs in the held-out part.
    labelled(tmp_path / "test.tfrecord", [0, 1])
    source = open_images(str(tmp_path))
    assert source.record()["first_label"] == 0
    assert source.training_counts().tolist() == [0, 1, 2]
    assert "No training image" in message_of(tmp_path)
    assert "is of class '0'. Add images of it" in message_of(tmp_path)


def test_classes_have_the_names_that_records_give(tmp_path):
    rows = [
        example(1, synset="n2", text="crane"),
        example(2, synset="n1", text="crane"),
        example(3, text="dog"),
        example(4),
    ]
    write(tmp_path / "train.tfrecord", rows)
    labelled(tmp_path / "test.tfrecord", [1, 2])
    assert open_images(str(tmp_path)).class_names == ["n2", "n1", "dog", "4"]


def test_names_that_two_classes_share_are_told_apart(tmp_path):
    rows = [example(k, text=name) for k, name in ((1, "x"), (2, "x"), (3, "y"))]
    write(tmp_path / "train.tfrecord", rows)
    labelled(tmp_path / "test.tfrecord", [1])
    assert open_images(str(tmp_path)).class_names == ["x (1)", "x (2)", "y"]


def test_a_list_of_names_decides(tmp_path):
    labelled(tmp_path / "train.tfrecord", [1, 2, 2, 3, 99])
    labelled(tmp_path / "test.tfrecord", [1, 2])
    (tmp_path / "labels.txt").write_text(
        "0:zero\n1: one\n2:two: 2\n\n3:three\n"
    )
    source = open_images(str(tmp_path))
    assert source.class_names == ["zero", "one", "two: 2", "three"]
    assert source.training_counts().tolist() == [0, 1, 2, 1]
    labels = [label for _, label, _ in taken(source.training_examples(0), 5)]
    assert sorted(labels) == [1, 2, 2, 3, 99]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\ntwo\n", "Line 1 of"),
        ("1:one\n1:two\n", "is '1:two'. Wanted: NUMBER:NAME, each number once"),
        ("1:one\n3:two\n", "have gaps"),
        ("2:one\n3:two\n", "in a row from 0 or from 1"),
        ("\n", "have gaps"),
    ],
)
def test_a_list_of_names_that_is_none_is_told(folder, text, said):
    (folder / "labels.txt").write_text(text)
    assert said in message_of(folder, folder / "labels.txt")


def test_a_label_far_outside_is_told_before_it_makes_classes(tmp_path):
    labelled(tmp_path / "train.tfrecord", [1, 2, 999_999])
    labelled(tmp_path / "test.tfrecord", [1])
    message = message_of(tmp_path)
    assert "run to 999,999, but only 3 of them occur" in message
    assert f"{tmp_path}/labels.txt, in lines of NUMBER:NAME" in message


def test_records_that_lack_something_are_examples_too(tmp_path):
    nothing = tf.train.Example().SerializeToString()
    rows = [example(1), nothing, example(2), example(-5)]
    write(tmp_path / "train.tfrecord", rows)
    labelled(tmp_path / "test.tfrecord", [1, 2])
    source = open_images(str(tmp_path))
    source.check()
    assert source.training_counts().tolist() == [1, 1]
    found = {
        name: rest for name, *rest in taken(source.training_examples(0), 4)
    }
    assert found["train.tfrecord:1"] == [-2, b""]
    assert found["train.tfrecord:3"] == [-6, PNG]


def test_a_skew_keeps_fewer_of_the_last_classes(tmp_path):
    labelled(tmp_path / "train.tfrecord", [0, 1, 2] * 100)
    labelled(tmp_path / "test.tfrecord", [0, 1, 2])
    source = open_images(str(tmp_path), 9.0)
    counts = source.training_counts()
    check_source(source, counts.sum(), 3)
    assert counts[0] == 100
    assert abs(counts[1] - 100 / 3) <= 14.2
    assert abs(counts[2] - 100 / 9) <= 9.5


def test_a_damaged_file_is_named(folder):
    path = folder / "train-00003-of-00005"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    message = message_of(folder, path)
    assert "is damaged or cut off after its record 0 or soon after" in message
    path.write_bytes(content[: len(content) // 3])
    assert "is damaged or cut off" in message_of(folder, path)


@pytest.mark.parametrize(
    "content",
    [b"", b"no record at all, but a text of some length", b"\x1f\x8b"],
)
def test_a_file_of_another_kind_is_told(tmp_path, content):
    path = tmp_path / "train.tfrecord"
    path.write_bytes(content)
    message = message_of(tmp_path, path)
    assert "--data" in message


def test_records_of_another_form_are_told(tmp_path):
    path = tmp_path / "train.tfrecord"
    feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[PNG]))
    features = tf.train.Features(feature={"image": feature, LABEL: feature})
    write(path, [tf.train.Example(features=features).SerializeToString()])
    message = message_of(tmp_path, path)
    assert "has no 'image/encoded', or one of another kind" in message
    assert "It has: image, image/class/label." in message
    (tmp_path / "dataset_info.json").touch()
    assert "--data tfds:NAME" in message_of(tmp_path, path)
    write(path, [b"\xff\xff\xff"])
    assert "is no TFRecord file of tf.train.Example" in message_of(
        tmp_path, path
    )


def test_a_label_that_is_no_number_is_told(tmp_path):
    feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[PNG]))
    features = tf.train.Features(feature={IMAGE: feature, LABEL: feature})
    content = tf.train.Example(features=features).SerializeToString()
    write(tmp_path / "train.tfrecord", [content])
    assert "has no 'image/class/label', or one of" in message_of(
        tmp_path, tmp_path / "train.tfrecord"
    )


def test_a_file_of_neither_part_is_told(folder):
    labelled(folder / "rest-00000-of-00001", [1])
    message = message_of(folder)
    assert "'rest-00000-of-00001' is neither that nor validation" in message


def test_files_that_are_all_held_out_are_told(folder):
    message = message_of(f"{folder}/validation-*")
    assert "Name those for training too with --data" in message


def test_files_without_records_are_told(tmp_path):
    labelled(tmp_path / "train.tfrecord", [1, 2])
    labelled(tmp_path / "test.tfrecord", [])
    assert "is held out for evaluation" in message_of(tmp_path)


def test_an_epoch_is_not_in_the_order_of_the_files(tmp_path, monkeypatch):
    """Examples of one file are spread over the group's blocks."""
    monkeypatch.setattr(shards, "BLOCK_BYTES", 10 * 150)
    for file in range(4):
        labelled(tmp_path / f"train{file}.tfrecord", [1, 2] * 20)
    labelled(tmp_path / "test.tfrecord", [1, 2])
    source = open_images(str(tmp_path))
    first = names_of(source.training_examples(0), 40)
    counts = np.unique(
        [name.split(":")[0] for name in first], return_counts=True
    )
    assert len(counts[0]) == 4
    assert counts[1].max() <= 20
