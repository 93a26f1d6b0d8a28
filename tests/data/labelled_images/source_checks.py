"""What holds of every source of labelled images."""

import itertools
import json

import numpy as np
import tensorflow as tf

from keras_perceiver.data import images


def taken(examples, count=None):
    """The first examples as tuples of name, label, bytes."""
    found = itertools.islice(examples.as_numpy_iterator(), count)
    return [
        (
            example["name"].decode(),
            int(example["label"]),
            example["image_bytes"],
        )
        for example in found
    ]


def names_of(examples, count=None):
    return [name for name, _, _ in taken(examples, count)]


def check_source(source, num_training, num_heldout):
    """Order, split, types and records of a source."""
    source.check()
    assert source.training_examples(0).element_spec == {
        "image_bytes": tf.TensorSpec((), tf.string),
        "label": tf.TensorSpec((), tf.int64),
        "name": tf.TensorSpec((), tf.string),
    }
    assert source.heldout_examples().element_spec == (
        source.training_examples(0).element_spec
    )
    check_order(source, num_training)
    training = taken(source.training_examples(0), num_training)
    heldout = taken(source.heldout_examples())
    assert heldout == taken(source.heldout_examples())
    assert len(heldout) == num_heldout
    assert len(source.heldout_examples()) == num_heldout
    names = {name for name, _, _ in [*training, *heldout]}
    assert len(names) == num_training + num_heldout
    for _, label, content in [*training[:3], *heldout[:3]]:
        assert 0 <= label < len(source.class_names)
        assert images.read_image(tf.constant(content))[1] == b""
    labels = [label for _, label, _ in training]
    counts = source.training_counts()
    np.testing.assert_array_equal(
        counts, np.bincount(labels, minlength=len(source.class_names))
    )
    columns = source.heldout_columns()
    assert columns["label"] == [
        source.class_names[label] for _, label, _ in heldout
    ]
    assert {len(values) for values in columns.values()} == {num_heldout}
    check_limit(source)
    record = json.loads(json.dumps(source.record()))
    assert record["training_examples"] == num_training
    assert record["heldout_examples"] == num_heldout


def check_order(source, count):
    """Each epoch is all examples, anew; any place may be begun at."""
    straight = taken(source.training_examples(5), 3 * count)
    epochs = [
        straight[start : start + count] for start in (0, count, 2 * count)
    ]
    for epoch in epochs:
        assert sorted(epoch) == sorted(epochs[0])
        assert len({name for name, _, _ in epoch}) == count
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    for start in (1, count // 2, count, 2 * count - 1):
        rest = taken(source.training_examples(5, start), 3 * count - start)
        assert rest == straight[start:]
    assert taken(source.training_examples(6), count) != epochs[0]


def check_limit(source):
    """A limit takes as much of each class, in the same order."""
    everything = taken(source.heldout_examples())
    num_classes = len({label for _, label, _ in everything})
    limit = num_classes + 1
    few = taken(source.heldout_examples(limit))
    assert len(source.heldout_examples(limit)) == len(few)
    assert few == [example for example in everything if example in few]
    counts = np.bincount([label for _, label, _ in few])
    assert len(few) == min(limit, len(everything))
    assert counts[counts > 0].max() <= 2
    assert np.count_nonzero(counts) == num_classes
    assert set(few) <= set(taken(source.heldout_examples(limit + 1)))
    columns = source.heldout_columns(limit)
    assert columns["label"] == [
        source.class_names[label] for _, label, _ in few
    ]
    assert taken(source.heldout_examples(10**6)) == everything
