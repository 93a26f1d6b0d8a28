"""TFRecords for tests, and what is said of them."""

import re

import pytest
import tensorflow as tf

from keras_perceiver.data.labelled_images.sources import open_images
from tests.image_samples import encoded
from tests.image_samples import noise

PNG = encoded(noise(4, 5))
IMAGE, LABEL = "image/encoded", "image/class/label"


def example(label, content=PNG, **others):
    """A record; `others` by the last part of their names."""

    def bytes_of(value):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    number = tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))
    feature = {IMAGE: bytes_of(content), LABEL: number}
    for name, value in others.items():
        feature[f"image/class/{name}"] = bytes_of(value.encode())
    features = tf.train.Features(feature=feature)
    return tf.train.Example(features=features).SerializeToString()


def write(path, contents):
    with tf.io.TFRecordWriter(str(path)) as file:
        for content in contents:
            file.write(content)


def labelled(path, labels):
    write(path, [example(label) for label in labels])


def write_shards(folder):
    """Three classes from 1; 5 files of 8 for training, 2 of 3 held out."""
    for file in range(5):
        labels = [1 + (file + number) % 3 for number in range(8)]
        labelled(folder / f"train-{file:05d}-of-00005", labels)
    for file in range(2):
        labelled(folder / f"validation-{file:05d}-of-00002", [1, 2, 3])
    return folder


def message_of(source, named=None):
    with pytest.raises(ValueError, match=re.escape(str(named or source))) as e:
        open_images(str(source)).check()
    return str(e.value)
