"""Labels of TFRecords, counted once and kept beside them."""

import json

import pytest

from keras_perceiver.data.labelled_images import records
from keras_perceiver.data.labelled_images.sources import open_images
from tests.data.labelled_images.record_samples import labelled
from tests.data.labelled_images.record_samples import write_shards


@pytest.fixture
def folder(tmp_path):
    return write_shards(tmp_path)


def index_of(folder):
    (path,) = folder.glob("labels_*.json")
    return path


def test_labels_are_counted_once(folder, monkeypatch):
    source = open_images(str(folder))
    source.prepare()
    before = index_of(folder).read_text()
    assert len(json.loads(before)["labels"]) == 7
    scanned = []
    scan = records.ImagesFromRecords._scan
    monkeypatch.setattr(
        records.ImagesFromRecords,
        "_scan",
        lambda self, number: scanned.append(number) or scan(self, number),
    )
    again = open_images(str(folder))
    again.check()
    assert scanned == []
    assert again.record() == source.record()
    # The index is no shard.
    assert again.description == source.description
    # Another file of the same name counts anew.
    labelled(folder / "train-00000-of-00005", [3, 3])
    assert open_images(str(folder)).training_counts().sum() == 34
    assert sorted(scanned) == list(range(7))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"files": 1, "labels": [], "class_names": {}}',
        "labels",
    ],
)
def test_an_index_that_is_none_is_made_anew(folder, content):
    open_images(str(folder)).prepare()
    path = index_of(folder)
    written = json.loads(path.read_text())
    if content == "labels":
        content = json.dumps({**written, "labels": [["1"]] * 7})
    path.write_text(content)
    assert open_images(str(folder)).training_counts().sum() == 40
    assert json.loads(path.read_text()) == written


def test_a_folder_that_cannot_be_written_is_no_hindrance(
    folder, monkeypatch, capsys
):
    def refuse(path, text):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("keras_perceiver.files.write_text", refuse)
    source = open_images(str(folder))
    source.check()
    assert source.training_counts().sum() == 40
    said = capsys.readouterr().out
    assert said.count("cannot be written (Permission denied)") == 1
    assert list(folder.glob("labels_*")) == []


def test_long_counts_say_how_long_they_take(folder, monkeypatch, capsys):
    monkeypatch.setattr(records.label_index, "_SECONDS_BETWEEN_LINES", -1)
    open_images(str(folder)).prepare()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[0].startswith(f"counting the labels of {folder}: 1 of 7 files")
    assert lines[0].endswith(" left")
