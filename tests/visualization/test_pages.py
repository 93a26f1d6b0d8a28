"""docs/pictures.md has every picture; docs/attention.md runs."""

import importlib
import inspect
import pathlib
import re

import numpy as np

from keras_perceiver import visualization
from tests import documentation
from tests.visualization.png_pixels import pixels_of

FOLDER = pathlib.Path(visualization.__file__).parent
# These return pixels and begin with no `draw`.
OTHERS = {"contact_sheet", "side_by_side", "flow_to_rgb"}


def public_pictures():
    """Names such as `clips.contact_sheet`, and their arguments."""
    for file in sorted(FOLDER.glob("*.py")):
        name = f"{visualization.__name__}.{file.stem}"
        for function in vars(importlib.import_module(name)).values():
            if inspect.isfunction(function) and function.__module__ == name:
                words = function.__name__
                if words.startswith("draw") or words in OTHERS:
                    arguments = list(inspect.signature(function).parameters)
                    yield f"{file.stem}.{words}", arguments


def test_every_picture_is_on_the_page_with_its_arguments():
    page = documentation.text_of("docs/pictures.md")
    named = {
        name: arguments.split(", ")
        for name, arguments in re.findall(r"`(\w+\.\w+)\(([^)]*)\)", page)
    }
    found = dict(public_pictures())
    assert set(named) == set(found)
    for name, arguments in named.items():
        assert found[name][: len(arguments)] == arguments


def test_the_page_on_attention_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = "docs/attention.md"
    names = documentation.run(documentation.python_blocks(page), page)
    assert capsys.readouterr().out == "(1, 256)\n"
    np.testing.assert_allclose(names["read"].sum(), 1, atol=1e-5)
    seen = pixels_of((tmp_path / "seen.png").read_bytes())
    assert seen.std() > 20
    assert pixels_of(names["picture"]).shape == seen.shape
