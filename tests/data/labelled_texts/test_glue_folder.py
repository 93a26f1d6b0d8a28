"""GLUE's files: eight tasks, written by hand and real ones."""

import re

import numpy as np
import pytest

from keras_perceiver.data.labelled_texts.glue_layout import GLUE
from keras_perceiver.data.labelled_texts.sources import open_texts
from tests.data.labelled_texts.table_files import HEADERS
from tests.data.labelled_texts.table_files import ROWS
from tests.data.labelled_texts.table_files import write
from tests.data.labelled_texts.table_files import write_glue

EXPECTED = {
    "cola": ([b"It rained.", b"It rained it."], [b"", b""], [1, 0]),
    "mnli": (
        [b"A man eats."] * 3,
        [b"Someone eats.", b"A man eats fish.", b"Nobody eats."],
        [0, 1, 2],
    ),
    "mrpc": ([b'He said "yes.', b"It rose."], [b'He agreed."', b"No."], [1, 0]),
    "qnli": ([b"Who rose?", b"Who fell?"], [b"She rose."] * 2, [0, 1]),
    "qqp": ([b"Why?", b"Why?"], [b"What for?", b"Who?"], [1, 0]),
    "rte": (
        [b"It rained all day.", b"It rained."],
        [b"It rained.", b"It snowed."],
        [0, 1],
    ),
    "sst2": ([b"a fine film", b"a poor film"], [b"", b""], [1, 0]),
    "stsb": ([b"It rose.", b"A."], [b"It went up.", b"B."], [4.6, 0]),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_all_eight_tasks_are_read(tmp_path, end):
    source = open_texts(str(write_glue(tmp_path, end=end)))
    source.check()
    assert [task.name for task in source.tasks] == list(EXPECTED)
    for task in source.tasks:
        first, second, targets = EXPECTED[task.name]
        training = source.training(task.name)
        assert (training.first, training.second) == (first, second)
        np.testing.assert_array_equal(training.targets, np.float32(targets))
        assert task.is_pair == (second[0] != b"")
        heldout = source.heldout(task.name)
        wanted = ["matched", "mismatched"] if task.name == "mnli" else ["dev"]
        assert list(heldout) == wanted
        for examples in heldout.values():
            assert examples.first == first[-1:]
            assert examples.targets[0] == np.float32(targets[-1])
    assert len(source.describe()) == 9


def test_those_that_are_there_are_read_and_some_can_be_chosen(tmp_path):
    folder = str(write_glue(tmp_path, "SST-2", "CoLA", "RTE"))
    assert [task.name for task in open_texts(folder).tasks] == [
        "cola",
        "rte",
        "sst2",
    ]
    chosen = open_texts(folder, tasks=["sst2", "cola"])
    assert [task.name for task in chosen.tasks] == ["cola", "sst2"]
    for names, said in {
        ("sst2", "qqp"): "has no task 'qqp'. It has cola, rte, sst2.",
        ("sst",): "has no task 'sst'. It has cola, rte, sst2.",
        (): f"No task is chosen of {folder}: cola, rte, sst2.",
    }.items():
        with pytest.raises(ValueError, match=re.escape(said)):
            open_texts(folder, tasks=names)


@pytest.mark.parametrize("name", ["train.tsv", "dev_mismatched.tsv"])
def test_a_missing_file_is_told(tmp_path, name):
    path = write_glue(tmp_path, "MNLI") / "MNLI" / name
    path.unlink()
    with pytest.raises(ValueError, match=f"{path} is missing.* task mnli"):
        open_texts(str(tmp_path))


def test_rows_that_cannot_be_used_are_told(tmp_path):
    write_glue(tmp_path, "MNLI", "QQP")
    write(
        tmp_path / "MNLI" / "dev_matched.tsv",
        HEADERS["MNLI"],
        "7\tfiction\tA man eats.\tSomeone eats.\tneutral\t-",
        ROWS["MNLI"][0],
        "8\tfiction\tA man eats.\t\tneutral\tneutral",
    )
    write(tmp_path / "QQP" / "dev.tsv", HEADERS["QQP"], "a\tb", *ROWS["QQP"])
    source = open_texts(str(tmp_path))
    assert source.describe()[1:] == [
        "mnli (pairs, 3 classes: entailment, neutral, contradiction): 3 "
        "training examples; held out: 1 matched, 1 mismatched",
        "mnli, dev_matched.tsv: 1 row left out, as their label is not one of "
        "'entailment', 'neutral', 'contradiction' (first: row 2, labelled "
        "'-')",
        "mnli, dev_matched.tsv: 1 row left out, as a text is empty (first: "
        "row 4)",
        "qqp (pairs, 2 classes: not_duplicate, duplicate): 2 training "
        "examples; held out: 2 dev",
        "qqp, dev.tsv: 1 row left out, as they have not 6 values, one for "
        "each column (first: row 2, with 2)",
    ]
    assert source.record()["tasks"] == {
        "mnli": {
            "training_examples": 3,
            "heldout_examples": {"matched": 1, "mismatched": 1},
            "left_out": 2,
        },
        "qqp": {
            "training_examples": 2,
            "heldout_examples": {"dev": 2},
            "left_out": 1,
        },
    }


def test_a_part_without_a_row_is_told_with_reasons(tmp_path):
    write_glue(tmp_path, "SST-2")
    write(tmp_path / "SST-2" / "dev.tsv", HEADERS["SST-2"], "fine\t2")
    with pytest.raises(ValueError, match=r"held-out \(dev\) part") as error:
        open_texts(str(tmp_path)).check()
    assert "not one of '0', '1' (first: row 2, labelled '2')" in str(error)
    write(tmp_path / "SST-2" / "train.tsv", HEADERS["SST-2"])
    with pytest.raises(ValueError, match="training part of the task sst2"):
        open_texts(str(tmp_path)).check()


def test_the_record_changes_with_each_text_and_label(tmp_path):
    def digest(*rows):
        write_glue(tmp_path, "SST-2")
        write(tmp_path / "SST-2" / "dev.tsv", HEADERS["SST-2"], *rows)
        return open_texts(str(tmp_path)).record()["sha256"]

    digests = [digest("ab\t0", "c\t0"), digest("a\t0", "bc\t0")]
    digests += [digest("ab\t0", "c\t1"), digest("ab\t0")]
    assert len(set(digests)) == 4
    assert digest("ab\t0", "c\t0") == digests[0]


REAL = {
    "cola": (8551, 527, b"The sailors rode the breeze clear of the rocks.", 1),
    "sst2": (6920, 872, b"one long string of cliches", 0),
    "mrpc": (
        3576,
        500,
        b"Stocks have rallied sharply for more than three months in "
        b"anticipation of a rebound in the second half of the year.",
        1,
    ),
    "stsb": (
        3000,
        750,
        b"Global online #education is a key to democratizing access to "
        b"learning and overcoming societal ills such as poverty -",
        0.6,
    ),
    "rte": (
        4500,
        500,
        b"The young boys are playing outdoors and the man is smiling nearby",
        1,
    ),
}


def test_real_tasks(data_dir):
    if not (data_dir / "glue").is_dir():
        pytest.skip(f"no folder glue in {data_dir}")
    source = open_texts(str(data_dir / "glue"), list(REAL))
    source.check()
    for name, (num_training, num_heldout, text, target) in REAL.items():
        heldout = source.heldout(name)["dev"]
        assert len(source.training(name)) == num_training
        assert len(heldout) == num_heldout
        assert heldout.first[0] == text
        assert heldout.targets[0] == np.float32(target)
    mrpc = source.training("mrpc")
    assert mrpc.second[0].startswith(b'Referring to him as only "the witness",')
    # The row's quote is not closed: a reader of quotes would swallow lines.
    opened = b'"The foodservice pie business does not fit our long-term'
    assert any(text.startswith(opened) for text in mrpc.second)
    assert source.training("stsb").targets[1] == np.float32(3.8)
    assert source.heldout("rte")["dev"].second[-1] == (
        b"A dog is swimming after a tennis ball"
    )
    cola = source.training("cola")
    assert cola.first[-1] == b"What all did you get for Christmas?"
    assert source.heldout("cola")["dev"].targets[-1] == 0
    assert "Jos\u00e9 likes cabbage, and Holly does too.".encode() in cola.first


def test_the_paper_has_eight_tasks():
    """Section 4.1: WNLI is left out."""
    assert list(GLUE) == list(EXPECTED)
    assert [name for name, glue in GLUE.items() if not glue.class_names] == [
        "stsb"
    ]
