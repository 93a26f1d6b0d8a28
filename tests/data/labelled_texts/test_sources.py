"""What a user may name with --data."""

import re

import pytest

from keras_perceiver.data.labelled_texts.sources import open_texts
from tests.data.labelled_texts.table_files import write


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "--data is empty. Wanted: 'docs', a folder of GLUE's files"),
        ("doc", "no such file or folder. Did you mean 'docs'?"),
        ("nowhere/glue", "no such file or folder. Wanted: 'docs'"),
        ("empty", "neither a task of GLUE nor a table for training. Wanted:"),
        ("notes.txt", "ends in neither .csv nor .tsv. Wanted: 'docs'"),
        ("tfds:glue/sst", "Unknown GLUE task 'sst'. Did you mean 'sst2'?"),
        ("tfds:imdb", "tfds:glue or tfds:glue/TASK. Received: tfds:imdb"),
    ],
)
def test_what_is_none_is_told(tmp_path, monkeypatch, name, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    write(tmp_path / "notes.txt", "text,label")
    with pytest.raises(ValueError, match=re.escape(said)):
        open_texts(name)


def test_tasks_of_docs_are_chosen():
    assert [task.name for task in open_texts("docs", ["related"]).tasks] == [
        "related"
    ]
    said = "docs has no task 'sst2'. It has package, scrambled, related."
    with pytest.raises(ValueError, match=said):
        open_texts("docs", ["sst2"])
    with pytest.raises(ValueError, match="has no task 'sst2'"):
        open_texts("docs").training("sst2")
