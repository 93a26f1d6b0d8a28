"""`columns.csv`: what is known of images besides their class."""

from keras_perceiver import files


def read(path, names):
    """Reads the table.

    Args:
        path: the file; its first line names the columns, the first of which
            is `file`.
        names: the files that there are.

    Returns:
        By file, a dictionary from the names of the other columns to values,
        all strings.

    Raises:
        ValueError: if a line has too many or too few values, or names a file
            that is not there or came before.
    """
    rows = files.read_csv(path)
    header = rows[0] if rows else []
    _check_header(path, header)
    names = set(names)
    table = {}
    for number, row in enumerate(rows[1:], 2):
        if not row:
            continue
        if len(row) != len(header):
            raise ValueError(
                f"Row {number:,} of {path} has {len(row)} values, and the "
                f"first row names {len(header)} columns."
            )
        name = row[0]
        if name in table:
            raise ValueError(f"Row {number:,} of {path} names {name!r} again.")
        if name not in names:
            raise ValueError(
                f"Row {number:,} of {path} names {name!r}, and there is no "
                f"such image in {path.parent}. Wanted: paths such as "
                f"{min(names)!r}."
            )
        table[name] = dict(zip(header[1:], row[1:], strict=True))
    return table


def check_complete(path, table, wanted):
    """Raises `ValueError` if a held-out file has no row.

    Args:
        path: the file.
        table: what `read` returned.
        wanted: the files whose rows are needed.
    """
    missing = [name for name in wanted if name not in table]
    if missing:
        raise ValueError(
            f"{path} has no row for {len(missing):,} of {len(wanted):,} "
            f"held-out images, such as {missing[0]!r}. Add them."
        )


def _check_header(path, header):
    if len(header) < 2 or header[0] != "file":
        raise ValueError(
            f"The first row of {path} has to name two columns or more, the "
            f"first of them 'file'. Received: {','.join(header)!r}"
        )
    for number, name in enumerate(header):
        if not name or name == "label" or name in header[:number]:
            raise ValueError(
                f"The column {name!r} of {path} cannot be told from others: "
                "columns need different names, and 'label' is the class."
            )
