"""Small tables for people, of rows that are dictionaries."""


def lines_of(rows):
    """Returns a line for the titles and one for each row.

    Args:
        rows: dictionaries of texts with the same keys; the first one is as
            wide as its longest text.
    """
    title = next(iter(rows[0]))
    width = max(len(title), *(len(row[title]) for row in rows))
    return [
        f"{first:<{width}}" + "".join(f"{cell:>11}" for cell in cells)
        for first, *cells in [list(rows[0]), *(row.values() for row in rows)]
    ]
