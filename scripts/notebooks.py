"""Notebooks made of plain Markdown, and run.

    python -m scripts.notebooks                # all of docs/notebooks
    python -m scripts.notebooks imagenet       # one of them

`docs/notebooks/NAME.md` is the source: text, Python blocks and Bash blocks.
`NAME.ipynb` beside it holds the same cells with what they answered. Needs the
extra `docs`.
"""

import argparse
import json
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "notebooks"
MAX_BYTES = 300_000
# Where sources train and export.
RUNS = "runs/notebooks/"
LANGUAGES = ("python", "bash")
# Notebooks are opened in their own folder; commands run in the repository's.
TO_THE_ROOT = """\
import os
import pathlib

here = pathlib.Path.cwd()
os.chdir(next(f for f in (here, *here.parents) if (f / "recipes").is_dir()))"""
_BLOCK = re.compile(
    rf"^```({'|'.join(LANGUAGES)})\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
_TRAIN = re.compile(r"\bpython -m recipes \w+ train\b")


def source_files(folder=FOLDER):
    """The sources of all notebooks, by name."""
    return sorted(folder.glob("*.md"))


def cells_of(text):
    """The cells of a source, in order.

    Args:
        text: of a source: Markdown.

    Returns:
        Pairs of a kind, `"markdown"` or `"code"`, and what is in the cell.
    """
    cells, end = [], 0
    for block in _BLOCK.finditer(text):
        cells.append(("markdown", text[end : block.start()].strip()))
        magic = "%%bash\n" if block[1] == "bash" else ""
        cells.append(("code", magic + block[2].strip()))
        end = block.end()
    cells.append(("markdown", text[end:].strip()))
    cells = [cell for cell in cells if cell[1]]
    return [cells[0], ("code", TO_THE_ROOT), *cells[1:]]


def build(text):
    """Returns the notebook of a source, not run, as nbformat 4.5 has it."""
    cells = []
    for i, (kind, source) in enumerate(cells_of(text)):
        cell = {"cell_type": kind, "id": f"cell-{i}", "metadata": {}}
        cell["source"] = source.splitlines(keepends=True)
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3"}
    kernel["language"] = "python"
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def with_settings(text, settings):
    """Returns a source whose trainings get more settings, such as few steps.

    They go to folders of their own, and leave real runs alone.
    """
    text = text.replace(RUNS, f"{RUNS.rstrip('/')}_short/")
    return _TRAIN.sub(lambda found: f"{found[0]} {settings}", text)


def execute(notebook, folder=FOLDER, timeout=3600):
    """Runs a notebook in a kernel of this Python.

    Args:
        notebook: of `build`.
        folder: where it runs.
        timeout: seconds that one cell may take.

    Returns:
        The notebook with its outputs.

    Raises:
        CellExecutionError: of nbclient, where a cell fails.
    """
    import nbformat
    from nbclient import NotebookClient

    # `python` in a Bash cell is this one, whatever else the path has.
    os.environ["PATH"] = os.pathsep.join(
        [str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]
    )
    client = NotebookClient(
        nbformat.reads(json.dumps(notebook), as_version=4),
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    executed = json.loads(nbformat.writes(client.execute()))
    return {**executed, "metadata": notebook["metadata"]}


def write(notebook, file):
    """Writes a notebook that was run; one too large for git is refused."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    if len(text.encode()) > MAX_BYTES:
        raise ValueError(
            f"{file.name} would take {len(text.encode()):,} bytes, of at most "
            f"{MAX_BYTES:,}: show smaller pictures, or fewer."
        )
    partial = file.with_suffix(".partial")
    partial.write_text(text)
    partial.replace(file)


def main(arguments=None):
    """Runs the notebooks that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument(
        "--settings",
        default="",
        help="more settings for each training, in one string",
    )
    parser.add_argument(
        "--to",
        type=pathlib.Path,
        default=FOLDER,
        metavar="FOLDER",
        help="where they are written; beside their sources by default",
    )
    options = parser.parse_args(arguments)
    known = [file.stem for file in source_files()]
    for name in options.names or known:
        if name not in known:
            parser.error(f"There are {', '.join(known)}. Received: {name}")
        text = (FOLDER / f"{name}.md").read_text()
        if options.settings:
            text = with_settings(text, options.settings)
        options.to.mkdir(parents=True, exist_ok=True)
        write(execute(build(text)), options.to / f"{name}.ipynb")
        print(f"{options.to / name}.ipynb")


if __name__ == "__main__":
    main()
