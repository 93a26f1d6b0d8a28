"""Records drawn by weight, against what NumPy and a whole reading say."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.data import record_sampling

SIZES = [[3, 700, 1], [40, 5]]


def contents():
    """A record that says its number, for each of the sizes."""
    numbers = iter(range(5))
    return [[bytes([next(numbers)]) * size for size in own] for own in SIZES]


@pytest.fixture
def records(tmp_path):
    paths = [str(tmp_path / name) for name in ("a.tfrecord", "b.tfrecord")]
    for path, own in zip(paths, contents(), strict=True):
        with tf.io.TFRecordWriter(path) as writer:
            for record in own:
                writer.write(record)
    return record_sampling.PlacedRecords(paths, SIZES)


def drawn(records, weights, first, count, seed=3):
    numbers = tf.data.Dataset.range(first, first + count)
    dataset = record_sampling.drawn(records, weights, numbers, seed)
    return [
        (int(number), record[0])
        for number, record in dataset.as_numpy_iterator()
    ]


def test_each_record_is_read_whole_by_its_place(records):
    whole = [record for own in contents() for record in own]
    numbers = tf.data.Dataset.range(5)
    found = numbers.flat_map(records.read).as_numpy_iterator()
    assert list(found) == whole


def test_records_come_as_often_as_they_weigh(records):
    weights = np.array([1.0, 0.0, 2.0, 0.5, 1.5])
    found = drawn(records, weights, 0, 4_000)
    # In order, whatever is read at a time.
    assert [number for number, _ in found] == list(range(4_000))
    counts = np.bincount([record for _, record in found], minlength=5)
    assert counts[1] == 0
    shares = weights / weights.sum()
    np.testing.assert_allclose(counts / 4_000, shares, atol=0.03)


def test_any_example_is_the_same_without_those_before(records):
    weights = np.ones(5)
    whole = drawn(records, weights, 0, 60)
    assert drawn(records, weights, 41, 19) == whole[41:]
    assert drawn(records, weights, 0, 60, seed=4) != whole


def test_a_file_of_another_length_is_told(records, tmp_path):
    path = str(tmp_path / "a.tfrecord")
    with pytest.raises(ValueError, match="has changed since it was prepared"):
        record_sampling.PlacedRecords([path], [[3, 700]])


def test_all_classes_have_as_much_to_give():
    labels = np.zeros((7, 4), bool)
    labels[:5, 0] = True
    labels[4:6, 1] = True
    labels[5, 2] = True
    weights = record_sampling.class_weights(labels)
    np.testing.assert_allclose(weights, [0.2] * 4 + [0.7, 1.5, 0])
    assert weights.sum() == pytest.approx(3)
    with pytest.raises(ValueError, match="None of 2 examples has a class"):
        record_sampling.class_weights(np.zeros((2, 4), bool))
