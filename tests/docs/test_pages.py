"""Examples of the documentation; those of new pages run as they stand."""

import ast

import keras
import pytest

from tests import documentation
from tests.docs.test_site import READ_IN_THE_REPOSITORY

WITH_PYTHON = [
    page
    for page in READ_IN_THE_REPOSITORY
    if documentation.python_blocks(page)
    # These are run, with what only notebooks have.
    and not page.startswith("docs/notebooks/")
]


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_what_examples_import_is_there(page):
    """Also of those that need somebody's files, and so are not run."""
    for block in documentation.python_blocks(page):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                exec(ast.unparse(node), {})  # noqa: S102


def test_the_first_model_learns_sums(tmp_path, monkeypatch, capsys):
    page = "docs/tutorials/first_model.md"
    monkeypatch.chdir(tmp_path)
    names = documentation.run(documentation.python_blocks(page), page)
    assert f"# {names['model'].count_params()}\n" in documentation.text_of(page)
    # It never saw half of these sums.
    assert names["right"].min() > 0.95
    assert "(256, 2, 262)" in capsys.readouterr().out
    assert keras.ops.all(
        names["again"].get_weights()[0] == names["model"].get_weights()[0]
    )


def test_the_equations_hold(capsys):
    page = "docs/algebra.md"
    blocks = documentation.python_blocks(page)
    names = documentation.run(blocks, page)
    assert len(blocks) == 3
    assert capsys.readouterr().out == "True\n" * 2
    assert names["left"].shape == names["right"].shape == (8, 64)


def test_the_tutorial_on_serving_exports(tmp_path, monkeypatch, capsys):
    page = "docs/tutorials/serve.md"
    monkeypatch.chdir(tmp_path)
    documentation.run(documentation.python_blocks(page), page)
    assert capsys.readouterr().out == "saved_models/text/1\n"
    assert (tmp_path / "saved_models/text/1/saved_model.pb").is_file()
