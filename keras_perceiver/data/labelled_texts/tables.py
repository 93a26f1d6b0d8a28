"""Tables of strangers, row by row: tab-separated as GLUE's, and CSV."""

import csv
import stat

from keras_perceiver import errors
from keras_perceiver import files

MAXIMUM_TSV_BYTES = 1_000_000_000
# A CSV file is in memory whole, several times as large as on disk.
MAXIMUM_CSV_BYTES = 200_000_000
MAXIMUM_ROW_BYTES = 1_000_000
MAXIMUM_COLUMNS = 1_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Table:
    """A table whose columns have names.

    Values are bytes as they are in the file, but for the quoting of CSV.

    Args:
        path: a `pathlib.Path`; what ends in `.csv` is CSV in UTF-8, anything
            else has a tab between values and no quoting at all.
        columns: the names, if the first row does not give them.

    Raises:
        ValueError: if it is no such file, or larger than is read.
    """

    def __init__(self, path, columns=None):
        self.path = path
        is_csv = path.suffix.lower() == ".csv"
        _check_size(path, MAXIMUM_CSV_BYTES if is_csv else MAXIMUM_TSV_BYTES)
        self._read = _csv_rows if is_csv else _tsv_rows
        self._has_header = columns is None
        self.columns = self._header() if columns is None else columns

    def rows(self, wanted, left_out):
        """Yields the number of a row, from 1, and its values.

        Args:
            wanted: the names of the columns whose values are asked for.
            left_out: the `LeftOut` that counts malformed rows.

        Raises:
            ValueError: if there is no such column, or more than one.
        """
        places = [self._place(name) for name in wanted]
        width = len(self.columns)
        for number, row in self._read(self.path):
            if number == 1 and self._has_header:
                continue
            if len(row) == width:
                yield number, [row[place] for place in places]
            else:
                left_out.add(
                    self.path.name,
                    f"as they have not {width} values, one for each column",
                    number,
                    f"with {len(row)}",
                )

    def _place(self, name):
        if name not in self.columns:
            error = errors.unknown("column", name, self.columns)
            raise ValueError(f"{self.path}: {error}")
        if self.columns.count(name) > 1:
            raise ValueError(
                f"{self.path} has several columns {name!r}. Rename one."
            )
        return self.columns.index(name)

    def _header(self):
        number, row = next(self._read(self.path), (1, []))
        if number != 1 or not row:
            raise ValueError(
                f"{self.path} has no first row. Wanted: the columns' names."
            )
        if len(row) > MAXIMUM_COLUMNS:
            raise ValueError(
                f"The first row of {self.path} has {len(row):,} values. "
                f"Wanted: the columns' names, {MAXIMUM_COLUMNS:,} at most."
            )
        return [
            errors.printable(value.decode(errors="backslashreplace").strip())
            for value in row
        ]


def _check_size(path, most):
    try:
        status = path.stat()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    if not stat.S_ISREG(status.st_mode):
        # Reading a pipe would wait for ever.
        raise ValueError(f"{path} is no file. Name a table in its place.")
    if status.st_size > most:
        raise ValueError(
            f"{path} has {status.st_size:,} bytes, and such tables are read "
            f"up to {most:,}. Give a part of it."
        )


def _tsv_rows(path):
    """Yields the number of each row that is not empty, and its values."""
    with open(path, "rb") as content:
        number = 0
        while line := content.readline(MAXIMUM_ROW_BYTES):
            number += 1
            if len(line) == MAXIMUM_ROW_BYTES and not line.endswith(b"\n"):
                raise ValueError(
                    f"Row {number:,} of {path} is longer than "
                    f"{MAXIMUM_ROW_BYTES:,} bytes. Is it a table? Wanted: a "
                    "tab between values and a line for each row."
                )
            if number == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            line = line.removesuffix(b"\n").rstrip(b"\r")
            if line:
                yield number, line.split(b"\t")


def _csv_rows(path):
    """As `_tsv_rows`; quoted line breaks are part of a row."""
    rows = files.read_csv(path, csv.reader)
    for number, row in enumerate(rows, 1):
        if row:
            yield number, [value.encode() for value in row]
