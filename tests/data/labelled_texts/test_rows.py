"""From rows to examples: labels, scores, and what is left out."""

import numpy as np
import pytest

from keras_perceiver.data.labelled_texts.base import LeftOut
from keras_perceiver.data.labelled_texts.base import TextTask
from keras_perceiver.data.labelled_texts.rows import ClassNumbers
from keras_perceiver.data.labelled_texts.rows import Scores
from keras_perceiver.data.labelled_texts.rows import collect


def collected(rows, target_of, is_pair=False):
    left_out = LeftOut()
    task = TextTask("any", (), is_pair)
    numbered = enumerate(rows, 2)
    examples = collect(task, numbered, target_of, "a.tsv", left_out)
    return examples, left_out.lines()


def test_classes_are_numbered():
    rows = [[b"x ", b"yes"], [b" y", b" no\t"], [b"z", b"yes"]]
    examples, lines = collected(rows, ClassNumbers(["no", "yes"]))
    assert examples.first == [b"x", b"y", b"z"]
    assert examples.second == [b"", b"", b""]
    assert examples.targets.dtype == np.float32
    assert examples.targets.tolist() == [1, 0, 1]
    assert (len(examples), lines) == (3, [])


def test_pairs_need_both_texts():
    rows = [[b"x", b"y", b"0"], [b"x", b" ", b"0"], [b"", b"y", b"0"]]
    examples, lines = collected(rows, ClassNumbers(["0"]), is_pair=True)
    assert (examples.first, examples.second) == ([b"x"], [b"y"])
    assert lines == [
        "a.tsv: 2 rows left out, as a text is empty (first: row 3)"
    ]


def test_unknown_labels_are_left_out():
    rows = [[b"x", b"-"], [b"x", b"1"], [b"x", b"\xff" * 99], [b"x", b"01"]]
    examples, lines = collected(rows, ClassNumbers(["0", "1"]))
    assert examples.targets.tolist() == [1]
    assert lines == [
        "a.tsv: 3 rows left out, as their label is not one of '0', '1' "
        "(first: row 2, labelled '-')"
    ]


def test_what_a_label_shows_is_short_and_moves_no_cursor():
    _, (line,) = collected([[b"x", b"\x1b[2J" + b"\xff" * 999]], Scores())
    assert "labelled '\\\\x1b[2J" in line
    assert len(line) < 160


@pytest.mark.parametrize(
    "label",
    ["", "nan", "inf", "-inf", "1e999", "five", "5.001", "-0.001", "٣", "1,5"],
)
def test_scores_are_finite_and_in_range(label):
    rows = [[b"x", b"5"], [b"x", label.encode()], [b"x", b"0.600"]]
    examples, (line,) = collected(rows, Scores(0, 5))
    assert examples.targets.tolist() == [5, float(np.float32(0.6))]
    assert "1 row left out, as their label is not a number from 0 to 5" in line
    assert "row 3" in line


def test_scores_without_a_range():
    examples, lines = collected([[b"x", b"-7.5e3"], [b"x", b"nan"]], Scores())
    assert examples.targets.tolist() == [-7500]
    assert "not a finite number" in lines[0]


def test_many_classes_are_not_all_told():
    classes = ClassNumbers([f"c{number}" for number in range(7)])
    assert classes.wanted == "one of 7 classes, such as 'c0'"
