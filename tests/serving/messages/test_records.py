"""TFRecord files against TensorFlow's own."""

import pytest
import tensorflow as tf

from keras_perceiver.serving.messages import records

CONTENTS = [b"", b"a", bytes(range(256)) * 40]


def test_tensorflow_reads_what_is_written(tmp_path):
    file = tmp_path / "file"
    records.write_records(file, CONTENTS)
    dataset = tf.data.TFRecordDataset(str(file))
    assert list(dataset.as_numpy_iterator()) == CONTENTS


@pytest.fixture
def written(tmp_path):
    file = tmp_path / "file"
    with tf.io.TFRecordWriter(str(file)) as writer:
        for content in CONTENTS:
            writer.write(content)
    return file


def test_what_tensorflow_writes_is_read(written):
    assert list(records.read_records(written)) == CONTENTS


@pytest.mark.parametrize("place", [0, 7, 9, 16, 20, -5, -1])
def test_a_changed_byte_is_found(written, place):
    content = bytearray(written.read_bytes())
    content[place] ^= 0x10
    written.write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        list(records.read_records(written))


@pytest.mark.parametrize("length", [1, 11, 13, 20, 10_000])
def test_a_file_that_was_cut_is_found(written, length):
    written.write_bytes(written.read_bytes()[:length])
    with pytest.raises(ValueError, match="damaged"):
        list(records.read_records(written))


def test_an_enormous_file_is_not_read(tmp_path):
    file = tmp_path / "file"
    with open(file, "wb") as content:
        content.truncate(2**30 + 1)
    with pytest.raises(ValueError, match="has 1,073,741,825 bytes"):
        next(records.read_records(file))
