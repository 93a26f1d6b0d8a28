"""Counting what cannot be read."""

import csv

import pytest
import tensorflow as tf

from keras_perceiver.data.labelled_images.unreadable import Unreadable
from keras_perceiver.data.labelled_images.unreadable import label_problems


def noted(count, max_share=0.1):
    unreadable = Unreadable(max_share)
    names = tf.constant([f"{number}.png" for number in range(count)])
    unreadable.note(names, tf.repeat("is empty: 0 bytes came.", count))
    return unreadable


def rows_of(path):
    with open(path, newline="") as content:
        return list(csv.reader(content))


def test_notes_of_a_parallel_pipeline_are_each_kept_once(tmp_path):
    unreadable = Unreadable(1)

    def example(number):
        is_bad = number % 10 == 3
        problem = tf.where(is_bad, "is damaged.", "")
        unreadable.note(
            tf.as_string(number % 100, width=2, fill="0")[None], problem[None]
        )
        return number

    dataset = tf.data.Dataset.range(1000).map(example, num_parallel_calls=8)
    assert list(dataset.as_numpy_iterator()) == list(range(1000))
    assert len(unreadable) == 10
    unreadable.write(tmp_path / "unreadable.csv")
    rows = rows_of(tmp_path / "unreadable.csv")
    assert rows == [
        ["name", "problem"],
        *[[f"{number:02d}", "is damaged."] for number in range(3, 100, 10)],
    ]


def test_python_is_only_called_if_something_is_wrong(monkeypatch):
    unreadable = Unreadable(1)
    calls = []
    monkeypatch.setattr(unreadable, "_note", lambda *_: calls.append(1))

    @tf.function
    def batch(problems):
        unreadable.note(tf.constant(["a", "b"]), problems)

    batch(tf.constant(["", ""]))
    assert calls == []
    batch(tf.constant(["", "is empty"]))
    assert calls == [1]


def test_the_first_problem_of_a_name_stays(tmp_path):
    unreadable = noted(1)
    unreadable.note(tf.constant(["0.png"]), tf.constant(["is another."]))
    unreadable.write(tmp_path / "list.csv")
    assert rows_of(tmp_path / "list.csv")[1:] == [
        ["0.png", "is empty: 0 bytes came."]
    ]


def test_too_large_a_share_stops_the_run():
    unreadable = noted(20)
    unreadable.check(200)
    with pytest.raises(
        ValueError, match="20 of 199 images cannot be read"
    ) as e:
        unreadable.check(199)
    assert "10.00% of them are borne. One of them, 0.png, is empty" in str(
        e.value
    )


def test_a_few_stop_nothing_unless_they_are_all():
    noted(9, 0.0).check(10)
    with pytest.raises(ValueError, match="9 of 9 images"):
        noted(9, 0.0).check(9)
    with pytest.raises(ValueError, match="10 of 1,000 images"):
        noted(10, 0.0).check(1000)


def test_without_notes_nothing_stops():
    Unreadable(0.0).check(0)
    Unreadable(0.0).check(10**6)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_from_0_to_1(share):
    with pytest.raises(ValueError, match=f"from 0 to 1. Received: {share}"):
        Unreadable(share)


def test_hostile_names_stay_in_their_line(tmp_path):
    names = [b'a"b,c\nd.png', b"\xff\xfe.png", b"=cmd()", b"\x1b[31m", "é.png"]
    unreadable = Unreadable(1)
    unreadable.note(tf.constant(names), tf.repeat("is odd, and\nlong.", 5))
    path = tmp_path / "list.csv"
    unreadable.write(path)
    assert path.read_text().count("\n") == 6
    assert rows_of(path)[1:] == [
        [name, r"is odd, and\nlong."]
        for name in sorted(
            [
                r'a"b,c\nd.png',
                r"\xff\xfe.png",
                "=cmd()",
                r"\x1b[31m",
                "é.png",
            ]
        )
    ]


def test_a_resumed_run_keeps_the_list(tmp_path):
    path = tmp_path / "list.csv"
    noted(3).write(path)
    resumed = Unreadable(1)
    resumed.load(path)
    resumed.note(tf.constant(["2.png", "9.png"]), tf.constant(["x", "y"]))
    resumed.write(path)
    assert [row[0] for row in rows_of(path)[1:]] == [
        "0.png",
        "1.png",
        "2.png",
        "9.png",
    ]
    assert rows_of(path)[3][1] == "is empty: 0 bytes came."


def test_labels_outside_the_classes_are_told():
    problems = label_problems(tf.constant([0, 999, 1000, -1], tf.int64), 1000)
    assert [problem.decode() for problem in problems.numpy()] == [
        "",
        "",
        "cannot be used: its label 1000 is outside the 1,000 classes.",
        "cannot be used: its label -1 is outside the 1,000 classes.",
    ]
