"""Pages of documentation whose examples run as they stand."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[1]


def text_of(page):
    """The text of a page, such as `docs/tasks.md`."""
    return (ROOT / page).read_text()


def python_blocks(page):
    """The Python examples of a page, in order."""
    return re.findall(r"```python\n(.*?)```", text_of(page), re.DOTALL)


def run(blocks, page):
    """Runs examples of a page one after another; returns their names."""
    names = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102
    return names
