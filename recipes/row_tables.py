"""Small tables for people, of rows that are dictionaries."""

import json

from keras_perceiver import files


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


def lines_of_metrics(title, columns, rows):
    """Returns the lines of a table of metrics.

    Args:
        title: of what stands in front of each row.
        columns: a recipe's: from metrics to a text, by title.
        rows: metrics by what stands in front of them.
    """
    return lines_of(
        [
            {
                title: words,
                **{name: write(row) for name, write in columns.items()},
            }
            for words, row in rows.items()
        ]
    )


def written(path, rows):
    """Writes rows as CSV, and returns their lines.

    Args:
        path: the file.
        rows: as `lines_of` takes them.
    """
    files.write_csv(path, rows[0], [row.values() for row in rows])
    return lines_of(rows)


def with_less_given(folder, whole, hidden, measure, numbers):
    """Measures without each modality, writes `given.csv`, returns its lines.

    Args:
        folder: the `RunFolder`, evaluated already.
        whole: what evaluation gave, in words.
        hidden: by what is given, the modalities that are not.
        measure: from these to held-out metrics by name.
        numbers: from metrics to cells by title.
    """
    known = json.loads(folder.results_file.read_text())["model"]
    rows = [{"given": whole, **numbers(known)}]
    rows += [
        {"given": given, **numbers(measure(modalities))}
        for given, modalities in hidden.items()
    ]
    return written(folder.path / "given.csv", rows)
