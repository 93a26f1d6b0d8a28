"""Tables of strangers: what is read, what is left out, what is refused."""

import os
import re

import pytest

from keras_perceiver.data.labelled_texts import tables
from keras_perceiver.data.labelled_texts.base import LeftOut
from keras_perceiver.data.labelled_texts.tables import Table
from tests.data.labelled_texts.table_files import write


def read(path, *wanted, columns=None):
    left_out = LeftOut()
    rows = list(Table(path, columns).rows(wanted, left_out))
    return rows, left_out.lines()


def test_tabs_part_values_and_quotes_are_letters(tmp_path):
    path = write(tmp_path / "a.tsv", "b\ta", '1\t"x', '2"\ty "z" w')
    assert read(path, "a", "b") == (
        [(2, [b'"x', b"1"]), (3, [b'y "z" w', b'2"'])],
        [],
    )


def test_any_bytes_are_kept(tmp_path):
    path = write(tmp_path / "a.tsv", "a\tb", b"\xff\x00\x0b\t\xc3\x28\r\n")
    assert read(path, "a", "b")[0] == [(2, [b"\xff\x00\x0b", b"\xc3\x28"])]


@pytest.mark.parametrize("name", ["a.tsv", "a.csv"])
def test_line_ends_and_marks_of_other_systems_are_no_text(tmp_path, name):
    line = "{0}\t{1}" if name == "a.tsv" else "{0},{1}"
    path = write(
        tmp_path / name,
        "\ufeff" + line.format("a", "b"),
        "",
        line.format("x", "y"),
        end="\r\n",
    )
    assert read(path, "a", "b") == ([(3, [b"x", b"y"])], [])


def test_the_last_line_needs_no_end(tmp_path):
    path = write(tmp_path / "a.tsv", "a", b"x")
    assert read(path, "a")[0] == [(2, [b"x"])]


def test_csv_is_unquoted(tmp_path):
    path = write(tmp_path / "a.csv", "a,b", '"x, ""y""\nz",é')
    assert read(path, "b", "a")[0] == [
        (2, ["é".encode(), b'x, "y"\nz']),
    ]


def test_columns_may_be_given(tmp_path):
    path = write(tmp_path / "a.tsv", "x\ty")
    assert read(path, "b", columns=("a", "b"))[0] == [(1, [b"y"])]


@pytest.mark.parametrize(("name", "gap"), [("a.tsv", "\t"), ("a.csv", ",")])
def test_malformed_rows_are_left_out_and_counted(tmp_path, name, gap):
    rows = [["a", "b"], ["x"], ["1", "2"], ["1", "2", "3"], ["3", "4"]]
    path = write(tmp_path / name, *map(gap.join, rows))
    found, lines = read(path, "a")
    assert found == [(3, [b"1"]), (5, [b"3"])]
    assert lines == [
        f"{name}: 2 rows left out, as they have not 2 values, one for each "
        "column (first: row 2, with 1)"
    ]


def test_an_unknown_column_is_told(tmp_path):
    path = write(tmp_path / "a.tsv", "sentence\tlabel\tlabel")
    said = f"{path}: Unknown column 'sentance'. Did you mean 'sentence'?"
    with pytest.raises(ValueError, match=re.escape(said)):
        read(path, "sentance")
    with pytest.raises(ValueError, match="several columns 'label'"):
        read(path, "label")


def test_what_is_no_table_is_refused(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.tsv")
    write(tmp_path / "empty.tsv")
    write(tmp_path / "latin.csv", b"a\n\xff\n")
    write(tmp_path / "quote.csv", 'a\n"x"y')
    write(tmp_path / "wide.tsv", "\t" * tables.MAXIMUM_COLUMNS)
    write(tmp_path / "long.tsv", "a", "x" * tables.MAXIMUM_ROW_BYTES)
    write(tmp_path / "large.tsv", "a", "x" * 10)
    write(tmp_path / "large.csv", "a", "x" * 10)
    for name, said in {
        "gone.tsv": "cannot be read: No such file",
        "pipe.tsv": "is no file",
        "empty.tsv": "has no first row",
        "latin.csv": "no CSV file in UTF-8",
        "quote.csv": "no CSV file in UTF-8",
        "wide.tsv": "1,001 values. Wanted: the columns' names, 1,000",
        "long.tsv": "Row 2 of .* is longer than 1,000,000 bytes",
    }.items():
        with pytest.raises(ValueError, match=said):
            read(tmp_path / name, "a")
    monkeypatch.setattr(tables, "MAXIMUM_TSV_BYTES", 12)
    monkeypatch.setattr(tables, "MAXIMUM_CSV_BYTES", 12)
    for name in ("large.tsv", "large.csv"):
        with pytest.raises(ValueError, match=r"13 bytes, .* read up to 12"):
            read(tmp_path / name, "a")
