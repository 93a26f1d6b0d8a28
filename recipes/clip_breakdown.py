"""Held-out clips where a modality is hidden, and label by label."""

from keras_perceiver import errors
from recipes import row_tables


def lines_of(folder, by, given, hidden, measure, numbers, labelled_rows):
    """Measures without each modality, and by label if that is asked.

    Args:
        folder: the `RunFolder`; `given.csv` goes there, and `classes.csv`.
        by: `"label"` to tell labels apart, or None.
        given: what evaluation gave, in words.
        hidden: by what is given, the modalities that are not.
        measure: from these to held-out metrics by name.
        numbers: from metrics to cells by title.
        labelled_rows: from nothing to a row of texts for each label, with
            its name first.

    Returns:
        Lines for people.

    Raises:
        ValueError: if `by` is something else.
    """
    if by is not None and by != "label":
        raise errors.unknown("column", by, ["label"])
    table = row_tables.with_less_given(folder, given, hidden, measure, numbers)
    lines = ["", *table, ""]
    if by:
        path, rows = folder.path / "classes.csv", labelled_rows()
        title = next(iter(rows[0]))
        lines += [*row_tables.written(path, rows), f"by {title}: {path}", ""]
    return lines
