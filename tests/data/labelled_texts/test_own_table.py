"""A user's own tables."""

import re

import numpy as np
import pytest

from keras_perceiver.data.labelled_texts.own_parts import Columns
from keras_perceiver.data.labelled_texts.own_table import MAXIMUM_CLASSES
from keras_perceiver.data.labelled_texts.sources import open_texts
from tests.data.labelled_texts.table_files import write

SPLIT = Columns(split="split")


def opened(path, columns=None, **settings):
    source = open_texts(str(path), columns=columns, **settings)
    source.check()
    (task,) = source.tasks
    return source, task


def refused(path, columns=None):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        opened(path, columns)
    return str(error.value)


def many(count, label=lambda number: f"c{number % 3}"):
    return [f"text {number},{label(number)}" for number in range(count)]


def test_a_tenth_of_the_texts_is_held_out_by_hash(tmp_path):
    path = write(tmp_path / "My mails (2).csv", "text,label", *many(400))
    source, task = opened(path)
    assert (task.name, task.is_pair) == ("my_mails_2", False)
    assert task.class_names == ("c0", "c1", "c2")
    training = source.training(task.name)
    heldout = source.heldout(task.name)["dev"]
    assert len(training) + len(heldout) == 400
    assert 20 < len(heldout) < 60
    for examples in (training, heldout):
        numbers = [int(text.split()[1]) for text in examples.first]
        assert examples.targets.tolist() == [n % 3 for n in numbers]
    # A text stays on its side when others come, in another order.
    more = write(tmp_path / "more.csv", "text,label", *many(500)[::-1])
    again = opened(more)[0].heldout("more")["dev"]
    assert set(heldout.first) < set(again.first)
    assert not set(training.first) & set(again.first)


def test_columns_are_named(tmp_path):
    path = write(
        tmp_path / "pairs.tsv",
        "id\tanswer\tquestion\tis_right\tpart",
        "0\tYes.\tIs it?\tright\ttrain",
        "1\tFour.\tIs it?\twrong\tTraining",
        '2\t"No.\tIs it?\tright\tvalidation',
    )
    columns = Columns("question", "answer", "is_right", "part")
    source, task = opened(path, columns)
    assert task.is_pair
    assert task.class_names == ("right", "wrong")
    training, heldout = source.training("pairs"), source.heldout("pairs")
    assert training.first == [b"Is it?"] * 2
    assert training.second == [b"Yes.", b"Four."]
    assert training.targets.tolist() == [0, 1]
    assert heldout["dev"].second == [b'"No.']


def test_an_unknown_column_or_task_is_told(tmp_path):
    path = write(tmp_path / "a.csv", "text,lable", "x,1")
    said = "Unknown column 'label'. Did you mean 'lable'?"
    assert said in refused(path)
    said = "Unknown column 'split'. Valid: lable, text."
    assert said in refused(path, Columns(label="lable", split="split"))
    path = write(tmp_path / "b.csv", "text,label", *many(99))
    assert opened(path, tasks=["b"])[1].name == "b"
    with pytest.raises(ValueError, match=r"has no task 'c'. It has b."):
        open_texts(str(path), tasks=["c"])


def test_test_is_held_out_where_there_is_no_dev(tmp_path):
    rows = ["a,0,train", "b,1,train", "c,0,test", "d,1,dev", "e,1,later"]
    path = write(tmp_path / "a.csv", "text,label,split", *rows)
    source, _ = opened(path, SPLIT)
    assert source.heldout("a")["dev"].first == [b"d"]
    assert source.describe()[2:] == [
        "a, a.csv: 1 row left out, as their split is none of train, dev and "
        "test (first: row 6, of the split 'later')",
        "a, a.csv: 1 row left out, as dev is held out and not test (first: "
        "row 4)",
    ]
    write(path, "text,label,split", *rows[:3])
    source, _ = opened(path, SPLIT)
    assert source.heldout("a")["dev"].first == [b"c"]


def test_classes_are_those_of_training(tmp_path):
    rows = ["a,y,train", "b,n,train", "c,n,dev", "d,?,dev", ",q,train"]
    path = write(tmp_path / "a.csv", "text,label,split", *rows)
    source, task = opened(path, SPLIT)
    assert task.class_names == ("n", "y")
    assert source.heldout("a")["dev"].targets.tolist() == [0]
    assert source.record()["tasks"]["a"]["left_out"] == 2
    assert "not one of 'n', 'y' (first: row 5" in "".join(source.describe())


def test_a_label_that_is_no_text_is_left_out(tmp_path):
    lines = [b"a\t\xff\n", b"b\t\x1b[2J\n", b"c\tx\n", b"d\ty\n"]
    lines.append(b"e\t" + b"z" * 101 + b"\n")
    for name in ("train.tsv", "dev.tsv"):
        write(tmp_path / "own" / name, "text\tlabel", *lines)
    source, task = opened(tmp_path / "own")
    assert task.class_names == ("x", "y")
    assert source.training("own").first == [b"c", b"d"]


def test_numbers_with_a_point_are_scores(tmp_path):
    def labelled(number):
        return "nan" if number == 7 else f"{number * 0.25 - 3:.2f}"

    path = write(tmp_path / "a.csv", "text,label", *many(200, labelled))
    source, task = opened(path)
    assert task.class_names == ()
    training, heldout = source.training("a"), source.heldout("a")["dev"]
    assert len(training) + len(heldout) == 199
    numbers = [int(text.split()[1]) for text in training.first]
    np.testing.assert_array_equal(
        training.targets, np.array(numbers) * 0.25 - 3
    )
    assert "not a finite number (first: row 9, labelled 'nan')" in "".join(
        source.describe()
    )


@pytest.mark.parametrize(
    ("count", "form"), [(20, "{:.1f}"), (25, "{}"), (25, "v{:.1f}")]
)
def test_other_numbers_are_classes(tmp_path, count, form):
    rows = many(count * 20, lambda number: form.format(number % count))
    path = write(tmp_path / "a.csv", "text,label", *rows)
    assert len(opened(path)[1].class_names) == count


def test_a_folder_has_a_table_for_each_part(tmp_path):
    folder = tmp_path / "mails"
    write(folder / "train.csv", "text,label", "a,x", "b,y")
    assert "has no table for dev. Wanted: train.csv and" in refused(folder)
    write(folder / "test.tsv", "text\tlabel", "c\ty")
    source, task = opened(folder)
    assert task.name == "mails"
    assert source.heldout("mails")["dev"].first == [b"c"]
    write(folder / "valid.csv", "text,label", "d,x")
    assert opened(folder)[0].heldout("mails")["dev"].first == [b"d"]
    write(folder / "valid.tsv", "text\tlabel", "d\tx")
    said = f"{folder} has both valid.csv and valid.tsv"
    assert said in refused(folder)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "has no label in rows for training"),
        (["a,x,train", "b,x,train"], "has only 'x' in rows for training"),
        (["a,x,train", "b,y,train"], "held-out (dev) part of the task a"),
        (["a,x,dev", "b,y,dev"], "has no label in rows for training"),
        (
            [f"t,{n},train" for n in range(MAXIMUM_CLASSES + 1)],
            "1,001 different labels, and classes are 1,000 at most",
        ),
    ],
)
def test_what_cannot_be_learned_is_told(tmp_path, rows, said):
    path = write(tmp_path / "a.csv", "text,label,split", *rows)
    assert re.search(re.escape(said), refused(path, SPLIT))
