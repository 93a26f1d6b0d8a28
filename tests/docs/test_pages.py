"""The examples of tutorials and of the page on algebra run as they stand."""

import keras

from tests import documentation


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
    assert len(blocks) == 2
    assert capsys.readouterr().out == "True\n" * 2
    assert names["left"].shape == names["right"].shape == (8, 64)


def test_the_tutorial_on_serving_exports(tmp_path, monkeypatch, capsys):
    page = "docs/tutorials/serve.md"
    monkeypatch.chdir(tmp_path)
    documentation.run(documentation.python_blocks(page), page)
    assert capsys.readouterr().out == "saved_models/text/1\n"
    assert (tmp_path / "saved_models/text/1/saved_model.pb").is_file()
