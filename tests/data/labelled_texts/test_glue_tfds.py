"""GLUE from TensorFlow Datasets, with content that is made here."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data.labelled_texts.glue_layout import GLUE
from keras_perceiver.data.labelled_texts.sources import open_texts
from keras_perceiver.data.tfds_builder import find_builder

tfds = pytest.importorskip(
    "tensorflow_datasets",
    reason="needs the extra `data`: pip install 'keras-perceiver[data]'",
)


def test_tasks_of_each_kind_are_read():
    """TFDS makes up the texts and labels, each feature of its real type."""
    with tfds.testing.mock_data(num_examples=12):
        source = open_texts("tfds:glue", ["cola", "mnli", "stsb"])
        source.prepare()
        assert len(source.tasks) == 3
        for task in source.tasks:
            parts = [source.training(task.name)]
            parts += source.heldout(task.name).values()
            assert len(parts) == (3 if task.name == "mnli" else 2)
            for examples in parts:
                assert 0 < len(examples) <= 12
                assert all(bool(text) for text in examples.first)
                assert all(bool(t) == task.is_pair for t in examples.second)
                most = len(task.class_names) - 1 if task.class_names else 5
                assert examples.targets.min() >= 0
                assert examples.targets.max() <= most


def test_classes_are_in_the_order_of_tfds():
    tasks = open_texts("tfds:glue").tasks
    assert [task.name for task in tasks] == list(GLUE)
    for name, glue in GLUE.items():
        features = find_builder(f"glue/{name}").info.features
        assert set(glue.features) <= set(features)
        names = getattr(features["label"], "names", [])
        assert glue.class_names == tuple(names)


def test_splits_texts_and_labels_are_where_they_belong():
    def made_up(builder, split, **_):
        premises = [f"{split} {number}" for number in range(4)]
        return tf.data.Dataset.from_tensor_slices(
            {
                "premise": premises,
                "hypothesis": ["b", "c", "", "d"],
                "label": tf.constant([2, 0, 1, -1], tf.int64),
                "idx": tf.range(4),
            }
        )

    with tfds.testing.mock_data(as_dataset_fn=made_up):
        source = open_texts("tfds:glue/mnli", tasks=["mnli"])
        parts = {"train": source.training("mnli")}
        parts |= source.heldout("mnli")
        lines = source.describe()
    for part, examples in parts.items():
        split = "train" if part == "train" else f"validation_{part}"
        texts = [f"{split} {number}".encode() for number in range(2)]
        assert examples.first == texts
        assert examples.second == [b"b", b"c"]
        assert examples.targets.tolist() == [2, 0]
    assert lines[0] == "tfds:glue/mnli"
    assert any("as a text is empty (first: row 3)" in line for line in lines)
    assert any("(first: row 4, labelled '-1')" in line for line in lines)


def test_scores_keep_their_value():
    def made_up(builder, split, **_):
        scores = tf.constant([3.8, 0.6, 5.2])
        texts = ["a", "b", "c"]
        return tf.data.Dataset.from_tensor_slices(
            {"sentence1": texts, "sentence2": texts, "label": scores}
        )

    with tfds.testing.mock_data(as_dataset_fn=made_up):
        targets = open_texts("tfds:glue/stsb").training("stsb").targets
    np.testing.assert_array_equal(targets, np.float32([3.8, 0.6]))


def test_what_is_not_on_this_machine_is_told_with_the_command(tmp_path):
    source = open_texts("tfds:glue/sst2:2.0.0")
    said = "prepare --data tfds:glue/sst2:2.0.0"
    with pytest.raises(ValueError, match=said):
        source.check()
    with pytest.raises(ValueError, match=r"no data set 'glue/sst2:9.9.9'"):
        open_texts("tfds:glue/sst2:9.9.9")
    with pytest.raises(ValueError, match=r"has no task 'qqp'. It has sst2."):
        open_texts("tfds:glue/sst2", ["qqp"])
